import { LockstepError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import type { Home } from '../state/tables.ts';
import { forgetJournal } from './journal.ts';

/** The server, or the way to it, gave way: when that is mended, the same command goes on. */
const passing: readonly ErrorCode[] = ['CONNECTION_LOST', 'SERVER_UNREACHABLE', 'SERVER_FULL', 'LOCK_LOST'];

/**
 * The error that ends a restore which had begun to write. Where the result is not what it should be, the next run is to
 * start over: it would go on from there to the same end.
 */
export async function settleFailure(home: Home, error: unknown): Promise<unknown> {
  if (!(error instanceof LockstepError)) return error;
  if (error.code === 'RESTORE_DIFFERS') await forgetJournal(home);
  if (!passing.includes(error.code)) return error;
  return new LockstepError('RESTORE_UNFINISHED', { reason: error.message.replace(/\.$/, '') }, { cause: error });
}
