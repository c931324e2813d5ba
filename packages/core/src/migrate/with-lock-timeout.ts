import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, ScriptStatement, Session } from '../database/database.ts';
import { LockstepError, reasonOf } from '../errors.ts';
import type { RunOptions } from '../progress.ts';
import { note } from '../progress.ts';
import type { Runner } from './runner.ts';

/** How long one attempt at a statement waits for a lock, in seconds. Whoever comes meanwhile queues behind it. */
const defaultTimeout = 5;

/** For how long it is tried, in seconds. */
const defaultWait = 600;

/** A statement that runs this long is asked for what it waits for, in milliseconds. */
const patience = 1000;

/**
 * Runs a part of a migration with a short limit on its waits for locks, so that those who come after it do not queue
 * behind it for ever. Where the limit is reached, it lets them through, and tries again until the time for that is
 * over. Meanwhile the sessions that are in the way are named.
 *
 * `attempt` has to leave nothing behind when it fails: a transaction, or one statement. What can't be tried again, and
 * what waits without making others wait, has no limit.
 *
 * Throws LOCK_TIMEOUT, and what `attempt` throws.
 */
export async function withLockTimeout<T>(
  runner: Runner,
  statements: readonly ScriptStatement[],
  attempt: () => Promise<T>,
): Promise<T> {
  const { home, database, lock } = runner;
  // Nobody else knows a scratch database.
  if (!lock) return attempt();
  const { timeoutSeconds = defaultTimeout, waitSeconds = defaultWait } = runner.locks ?? {};
  const patient = timeoutSeconds === 0 || !statements.every((statement) => mayTryAgain(database, statement));
  await home.session.limitLockWaits(patient ? 0 : timeoutSeconds);
  const watch = new Watch(database, home.session.id, runner);
  try {
    for (let tries = 0; ; tries += 1) {
      try {
        return await watch.during(attempt);
      } catch (error) {
        if (patient || !home.dialect.isLockConflict(error)) throw error;
        if (watch.seconds >= waitSeconds) {
          const details = { seconds: Math.round(watch.seconds), holder: watch.found };
          throw new LockstepError('LOCK_TIMEOUT', details, { cause: error });
        }
      }
      await watch.tell();
      const pause = Math.min(timeoutSeconds, 0.25 * 2 ** tries) * (0.5 + Math.random());
      await sleep(pause * 1000, undefined, { signal: runner.signal });
      await lock.check();
    }
  } finally {
    await watch.close();
  }
}

function mayTryAgain({ dialect }: Database, { effect, text, connection }: ScriptStatement): boolean {
  if (effect === 'unprovable' || dialect.waitsAside(text)) return false;
  // A temporary table would still be there.
  return dialect.transactionalDdl || connection !== true || !/\btemporary\b/i.test(text);
}

/** Looks from a session of its own at what keeps a session waiting, and tells the operator. */
class Watch {
  /** Who was in the way when it was last looked. */
  found = 'a session that has gone on meanwhile';
  readonly #database: Database;
  readonly #id: string;
  readonly #options: RunOptions;
  readonly #started = performance.now();
  #session: Promise<Session> | undefined;
  #told = { holder: '', seconds: -Infinity };

  constructor(database: Database, id: string, options: RunOptions) {
    this.#database = database;
    this.#id = id;
    this.#options = options;
  }

  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  async during<T>(attempt: () => Promise<T>): Promise<T> {
    // An embedded database does one thing at a time: nobody is in the way, and it could not be looked at.
    if (this.#database.parallelSessions === 1) return attempt();
    let looking: Promise<void> = Promise.resolve();
    const timer = setInterval(() => {
      looking = looking.then(() => this.#look());
    }, patience);
    try {
      return await attempt();
    } finally {
      clearInterval(timer);
      await looking;
    }
  }

  /** Says who is in the way: at once where that is news, and then every ten seconds. */
  async tell(): Promise<void> {
    const { found: holder, seconds } = this;
    if (holder === this.#told.holder && seconds - this.#told.seconds < 10) return;
    this.#told = { holder, seconds };
    await this.#options.onProgress?.({ kind: 'waiting', holder, seconds: Math.round(seconds) });
  }

  async close(): Promise<void> {
    const session = await this.#session?.catch(() => undefined);
    await session?.close();
  }

  async #look(): Promise<void> {
    try {
      this.#session ??= this.#database.session({ purpose: 'watch' });
      const blockers = await (await this.#session).blockersOf(this.#id);
      if (blockers.length === 0) return;
      const more = blockers.length > 3 ? ` and ${blockers.length - 3} more` : '';
      this.found = `the locks of ${blockers.slice(0, 3).join(', ')}${more}`;
      await this.tell();
    } catch (error) {
      // The migration itself is not the worse for it.
      const text = `Who is in the way of the migration cannot be seen: ${reasonOf(error)}`;
      if (this.found === text) return;
      this.found = text;
      await note(this.#options, text);
    }
  }
}
