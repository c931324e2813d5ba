import type { Dialect, Session } from '../database/database.ts';
import { raw, sql } from '../database/sql.ts';
import { identifier } from '../database/sql.ts';
import { LockstepError } from '../errors.ts';

/**
 * To be called first in every write transaction of a server: the database must still have the epoch that the server
 * started with. Takes a share lock on the state row, so an upgrade or restore that raises the epoch waits for this
 * transaction, and every later one is refused. Throws EPOCH_CHANGED.
 */
export async function checkEpoch(session: Session, dialect: Dialect, schema: string, epoch: bigint): Promise<void> {
  const [row] = await session.query(sql`SELECT epoch, phase FROM ${identifier(schema, 'lockstep_state')}
    WHERE id = 1 ${raw(dialect.shareLock)}`);
  const found = row?.['epoch'] ?? 'none';
  if (found === String(epoch) && row?.['phase'] === 'ready') return;
  throw new LockstepError('EPOCH_CHANGED', { found, needed: String(epoch) });
}
