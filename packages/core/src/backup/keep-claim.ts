import type { Database } from '../database/database.ts';
import { LockstepError } from '../errors.ts';
import type { BackupClaim } from '../state/backup-run.ts';
import { renewClaim } from '../state/backup-run.ts';
import { leaseSeconds } from '../state/lease.ts';
import { withHome } from '../state/tables.ts';

export interface ClaimKeeper {
  /** Aborted when the work has to stop: from outside, or because another has taken over. */
  readonly signal: AbortSignal;
  /** Ends the renewing. */
  end(): Promise<void>;
}

/** Renews a claim three times in its life. When it is lost, the work is stopped. */
export function keepClaim(
  database: Database,
  schemas: readonly string[],
  claim: BackupClaim,
  outer: AbortSignal | undefined,
): ClaimKeeper {
  const lost = new AbortController();
  let renewedAt = Date.now();
  const renew = async (): Promise<void> => {
    try {
      const isOurs = await withHome(database, 'backup schedule', schemas, (home) => renewClaim(home, claim));
      if (!isOurs) throw new LockstepError('LOCK_LOST', { reason: 'another server has taken over the backup' });
      renewedAt = Date.now();
    } catch (error) {
      const isOver = error instanceof LockstepError && error.code === 'LOCK_LOST';
      // The database may be away for a moment; only a claim that has run out is lost.
      if (isOver || Date.now() - renewedAt >= leaseSeconds * 1000) lost.abort(error);
    }
  };
  let working: Promise<void> = Promise.resolve();
  const timer = setInterval(
    () => {
      working = working.then(renew);
    },
    (leaseSeconds * 1000) / 3,
  );
  return {
    signal: outer ? AbortSignal.any([outer, lost.signal]) : lost.signal,
    end: async () => {
      clearInterval(timer);
      await working;
    },
  };
}
