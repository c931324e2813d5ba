import type { Database } from '../database/database.ts';
import { LockstepError } from '../errors.ts';
import { leaseSeconds, releaseLease, renewLease } from '../state/lease.ts';
import { readState } from '../state/state.ts';
import { homeOf } from '../state/tables.ts';

/** Renews a server's lease until it is released. */
export interface LeaseKeeper {
  /** Fulfilled with the reason when the lease is lost: the server may not go on. */
  readonly lost: Promise<LockstepError>;
  /** The lease stood when it was last looked at, and has not run out since. */
  isValid(): boolean;
  /** Ends the renewing and removes the lease. */
  release(): Promise<void>;
}

/** Keeps a lease alive by the database's clock. Renewed three times in its life, so one missed renewal does no harm. */
export function keepLease(
  database: Database,
  schemas: readonly string[],
  lease: { readonly id: string; readonly epoch: bigint; readonly address: string | null },
): LeaseKeeper {
  let resolveLost: (reason: LockstepError) => void = () => undefined;
  const lost = new Promise<LockstepError>((resolve) => {
    resolveLost = resolve;
  });
  let renewedAt = Date.now();
  let isLost = false;
  const tell = (reason: LockstepError): void => {
    isLost = true;
    resolveLost(reason);
  };
  let working: Promise<void> = Promise.resolve();
  const renew = async (): Promise<void> => {
    try {
      const found = await renewOnce(database, schemas, lease);
      if (found === 'alive') renewedAt = Date.now();
      else tell(new LockstepError('EPOCH_CHANGED', { found, needed: String(lease.epoch) }));
    } catch (error) {
      // The database may be away for a moment; only a lease that has run out is lost.
      if (Date.now() - renewedAt < leaseSeconds * 1000) return;
      tell(
        new LockstepError(
          'CONNECTION_LOST',
          { location: database.location, reason: 'the lease could not be renewed' },
          { cause: error },
        ),
      );
    }
  };
  void renew();
  const timer = setInterval(
    () => {
      working = working.then(renew);
    },
    (leaseSeconds * 1000) / 3,
  );
  return {
    lost,
    isValid: () => !isLost && Date.now() - renewedAt < leaseSeconds * 1000,
    release: async () => {
      clearInterval(timer);
      await working;
      const session = await database.session({ purpose: 'lease', schemas });
      try {
        await releaseLease(homeOf(session, database.dialect, schemas), lease.id);
      } finally {
        await session.close();
      }
    },
  };
}

async function renewOnce(
  database: Database,
  schemas: readonly string[],
  lease: { readonly id: string; readonly epoch: bigint; readonly address: string | null },
): Promise<string> {
  const session = await database.session({ purpose: 'lease', schemas });
  try {
    const home = homeOf(session, database.dialect, schemas);
    const state = await readState(home);
    if (state?.epoch !== lease.epoch) return String(state?.epoch ?? 'none');
    return (await renewLease(home, lease.id, lease.address)) ? 'alive' : 'lease gone';
  } finally {
    await session.close();
  }
}
