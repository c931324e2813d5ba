import { setTimeout as sleep } from 'node:timers/promises';
import { LockstepError } from '../errors.ts';
import type { RunOptions } from '../progress.ts';
import { readProgressMark } from '../state/progress-mark.ts';
import type { Database, Lock, LockName, Session } from './database.ts';

export interface LockOptions extends RunOptions {
  /** Who asks, for those that will wait: `migrate of release 1.2.0`. */
  readonly holder: string;
  /** Seconds to wait for another holder before giving up, since its last sign of progress. */
  readonly waitSeconds?: number | undefined;
}

/** Waits this long for another unless told otherwise: migrations of large databases take hours. */
const defaultWaitSeconds = 24 * 3600;

/**
 * Runs `work` while the lock is held. Asks for the lock again and again instead of waiting inside the database, where
 * a waiter would block CREATE INDEX CONCURRENTLY. It waits as long as the holder gets on: the time that is allowed for
 * waiting begins anew with everything that the holder writes down. `work` gets the milliseconds that were spent waiting.
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
  const other = new Other(database, name);
  let told = { holder: '', seconds: -Infinity };
  try {
    for (;;) {
      options.signal?.throwIfAborted();
      const attempt = await database.tryLock(name, options.holder);
      if (attempt.held) return attempt.lock;
      const seconds = (Date.now() - started) / 1000;
      await other.look(seconds);
      const holder = other.name(attempt.holder, attempt.isNamed);
      if (seconds - other.movedAt >= limit) {
        throw new LockstepError('LOCK_TIMEOUT', { seconds: Math.round(seconds), holder });
      }
      if (holder !== told.holder || seconds - told.seconds >= 10) {
        await options.onProgress?.({ kind: 'waiting', holder, seconds: Math.round(seconds) });
        told = { holder, seconds };
      }
      // Between 100 and 300 ms, so that many waiters don't ask in step.
      await sleep(100 + Math.random() * 200, undefined, { signal: options.signal });
    }
  } finally {
    await other.close();
  }
}

/** The holder, as far as it is known from what it has written down. */
class Other {
  /** When it was last seen to have come further, in seconds of waiting. */
  movedAt = 0;
  readonly #database: Database;
  readonly #schema: string;
  #session: Session | undefined;
  #mark = '';
  #holder: string | undefined;
  #lookedAt = -Infinity;

  constructor(database: Database, { schema }: LockName) {
    this.#database = database;
    this.#schema = schema;
  }

  /** Looks once a second, and sooner while the holder's name is not known: one that has just begun has not left it yet. */
  async look(seconds: number): Promise<void> {
    // An embedded database would answer when the holder's transaction is over, and not before.
    const pause = this.#holder === undefined ? 0.2 : 1;
    if (seconds - this.#lookedAt < pause || this.#database.parallelSessions === 1) return;
    this.#session ??= await this.#database.session({ purpose: 'wait' });
    const { dialect } = this.#database;
    const { text, holder } = await readProgressMark({ session: this.#session, dialect, schema: this.#schema });
    if (text !== this.#mark && this.#lookedAt >= 0) this.movedAt = seconds;
    this.#mark = text;
    this.#holder = holder;
    this.#lookedAt = seconds;
  }

  /** What the server knows of the holder; where that is not its name, with what it says of itself. */
  name(known: string, isNamed: boolean): string {
    return isNamed || this.#holder === undefined ? known : `${this.#holder} (${known})`;
  }

  async close(): Promise<void> {
    await this.#session?.close();
  }
}
