import { LockstepError, reasonOf } from '../../errors.ts';
import { leaseSeconds } from '../../state/lease.ts';
import { endLockLease, readLockLease, renewLockLease, takeLockLease } from '../../state/lock-lease.ts';
import type { LockLease } from '../../state/lock-lease.ts';
import type { Home } from '../../state/tables.ts';
import type { Lock, LockAttempt } from '../database.ts';
import type { Fence } from './fence.ts';

type LeaseAttempt = Extract<LockAttempt, { held: false }> | { readonly held: true; readonly lock: LeaseLock };

/** How often it is tried again where two nodes have written the same row. */
const attempts = 5;

/**
 * Tries to take the migration lock of a cluster: a lease, by the database's clock, on which all nodes agree. `home` is
 * the lock's alone.
 */
export async function tryLeaseLock(home: Home, holder: string): Promise<LeaseAttempt> {
  try {
    const lease = await takeLockLease(home, holder);
    if (lease) return { held: true, lock: new LeaseLock(home, lease) };
    return { held: false, holder: await readLockLease(home), isNamed: true };
  } catch (error) {
    if (!isConflict(home, error)) throw error;
    return { held: false, holder: 'another process that asks for the lock', isNamed: true };
  }
}

/** A conflict with another node, or with another process that has just made the row. */
function isConflict(home: Home, error: unknown): boolean {
  const duplicate = error instanceof LockstepError && error.details['sqlState'] === '23000';
  return duplicate || home.dialect.isLockConflict(error);
}

/**
 * Renewed while its holder lives, and looked at before every step; every transaction of the holder renews it too, so that
 * a holder that has been replaced can't commit any more.
 */
class LeaseLock implements Lock, Fence {
  readonly everywhere = true;
  readonly #home: Home;
  readonly #lease: LockLease;
  readonly #timer: NodeJS.Timeout;
  #renewing: Promise<void> = Promise.resolve();
  #released = false;

  constructor(home: Home, lease: LockLease) {
    this.#home = home;
    this.#lease = lease;
    // What fails here does so again when the lock is looked at.
    const renew = (): void => void this.check().catch(() => undefined);
    this.#timer = setInterval(renew, (leaseSeconds * 1000) / 4).unref();
  }

  async check(): Promise<void> {
    this.#renewing = this.#renewing.catch(() => undefined).then(() => this.#renew(renewLockLease));
    await this.#renewing;
  }

  async hold(home: Home): Promise<void> {
    if (!(await renewLockLease(home, this.#lease))) throw lost('another has taken the lease');
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    clearInterval(this.#timer);
    try {
      await this.#renewing.catch(() => undefined);
      await this.#renew(endLockLease);
    } finally {
      await this.#home.session.close();
    }
  }

  async #renew(change: typeof renewLockLease): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (await change(this.#home, this.#lease)) return;
      } catch (error) {
        if (attempt < attempts && isConflict(this.#home, error)) continue;
        throw lost(reasonOf(error), error);
      }
      throw lost('another has taken the lease');
    }
  }
}

function lost(reason: string, cause?: unknown): LockstepError {
  return new LockstepError('LOCK_LOST', { reason }, { cause });
}
