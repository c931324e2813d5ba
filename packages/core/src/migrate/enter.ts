import { LockstepError } from '../errors.ts';
import { leasesInWords, liveLeases, removeExpiredLeases } from '../state/lease.ts';
import type { Phase, State } from '../state/state.ts';
import { changeState, readState } from '../state/state.ts';
import type { Home } from '../state/tables.ts';

/**
 * Shuts servers out: raises the epoch under the lock that every write of a server shares, and refuses while one is
 * alive. Throws LEASE_LIVE, and then nothing has changed.
 */
export async function shutServersOut(home: Home, phase: Phase, detail: State['detail']): Promise<void> {
  await home.session.transaction(async () => {
    await readState(home, 'update');
    await refuseLiveServers(home);
    await removeExpiredLeases(home);
    await changeState(home, { phase, detail, raiseEpoch: true });
  });
}

export async function enterMigrating(home: Home, detail: State['detail']): Promise<void> {
  await shutServersOut(home, 'migrating', detail);
}

/** Throws LEASE_LIVE while a server is at work on the database. */
export async function refuseLiveServers(home: Home): Promise<void> {
  const live = await liveLeases(home);
  const until = live
    .map((lease) => lease.expiresAt)
    .toSorted()
    .at(-1);
  if (until !== undefined) throw new LockstepError('LEASE_LIVE', { found: leasesInWords(live), until });
}
