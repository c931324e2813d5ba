import { setTimeout as sleep } from 'node:timers/promises';
import { LockstepError } from '../errors.ts';
import type { RunOptions } from '../progress.ts';
import type { Database, Lock, LockName } from './database.ts';

export interface LockOptions extends RunOptions {
  /** Who asks, for those that will wait: `migrate of release 1.2.0`. */
  readonly holder: string;
  /** Seconds to wait for another holder before giving up. */
  readonly waitSeconds?: number | undefined;
}

/** Waits this long for another unless told otherwise: migrations of large databases take hours. */
const defaultWaitSeconds = 24 * 3600;

/**
 * Runs `work` while the lock is held. Asks for the lock again and again instead of waiting inside the database, where
 * a waiter would block CREATE INDEX CONCURRENTLY. `work` gets the milliseconds that were spent waiting.
 * Throws LOCK_TIMEOUT.
 */
export async function withLock<T>(
  database: Database,
  name: LockName,
  options: LockOptions,
  work: (lock: Lock, waited: number) => Promise<T>,
): Promise<T> {
  const started = Date.now();
  const lock = await waitForLock(database, name, options, started);
  let result: T;
  try {
    result = await work(lock, Date.now() - started);
  } catch (error) {
    // Where the connection of the lock is gone as well, what went wrong first tells more.
    await lock.release().catch(() => undefined);
    throw error;
  }
  await lock.release();
  return result;
}

async function waitForLock(database: Database, name: LockName, options: LockOptions, started: number): Promise<Lock> {
  const limit = options.waitSeconds ?? defaultWaitSeconds;
  let told = { holder: '', seconds: -Infinity };
  for (;;) {
    options.signal?.throwIfAborted();
    const attempt = await database.tryLock(name, options.holder);
    if (attempt.held) return attempt.lock;
    const { holder } = attempt;
    const seconds = (Date.now() - started) / 1000;
    if (seconds >= limit) throw new LockstepError('LOCK_TIMEOUT', { seconds: Math.round(seconds), holder });
    if (holder !== told.holder || seconds - told.seconds >= 10) {
      await options.onProgress?.({ kind: 'waiting', holder, seconds: Math.round(seconds) });
      told = { holder, seconds };
    }
    // Between 100 and 300 ms, so that many waiters don't ask in step.
    await sleep(100 + Math.random() * 200, undefined, { signal: options.signal });
  }
}
