import { LockstepError } from '../errors.ts';
import type { Database, Session, SessionOptions } from './database.ts';
import { sql } from './sql.ts';

/** An idle session is asked for a sign of life before it is handed out, if it has been idle for this long. */
const trustedMilliseconds = 1000;

interface IdleSession {
  readonly session: Session;
  readonly since: number;
}

/**
 * Sessions that are opened when needed, kept, and lent out one user at a time. Who comes when all are lent waits for
 * its turn. A session whose connection is lost is replaced by a new one.
 *
 * @example
 * const pool = new SessionPool(database, { purpose: 'catalog', schemas: ['public'] });
 * const rows = await pool.use((session) => session.query(sql`SELECT name FROM shop`));
 * await pool.close();
 */
export class SessionPool {
  readonly #database: Database;
  readonly #options: SessionOptions;
  readonly #size: number;
  readonly #idle: IdleSession[] = [];
  readonly #waiting: (() => void)[] = [];
  #lent = 0;
  #closed = false;
  #whenEmpty: (() => void) | undefined;

  /** `size` is 4 unless told otherwise, and never more than the database's `parallelSessions`. */
  constructor(database: Database, options: SessionOptions & { readonly size?: number } = {}) {
    const { size = 4, ...rest } = options;
    this.#database = database;
    this.#options = rest;
    this.#size = Math.max(1, Math.min(size, database.parallelSessions));
  }

  /**
   * Lends a session for the time of `work`, which must not use it any more when it has ended.
   * Throws what opening a session throws, CONNECTION_LOST among others, and what `work` throws.
   */
  async use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    await this.#turn();
    try {
      const session = await this.#take();
      return await this.#lend(session, work);
    } finally {
      this.#leave();
    }
  }

  /** Takes no more work, waits for what is being done, and closes the sessions. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#lent > 0 || this.#waiting.length > 0) {
      await new Promise<void>((resolve) => {
        const before = this.#whenEmpty;
        this.#whenEmpty = () => {
          before?.();
          resolve();
        };
      });
    }
    await Promise.all(this.#idle.splice(0).map(({ session }) => session.close()));
  }

  async #turn(): Promise<void> {
    if (this.#closed) throw new LockstepError('INTERNAL', { reason: 'the pool of sessions is closed' });
    if (this.#lent < this.#size) {
      this.#lent += 1;
      return;
    }
    // Who leaves hands its place on, so nobody can slip in between.
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) return next();
    this.#lent -= 1;
    if (this.#lent === 0) this.#whenEmpty?.();
  }

  async #take(): Promise<Session> {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      if (Date.now() - idle.since < trustedMilliseconds || (await isAlive(idle.session))) return idle.session;
    }
    return this.#database.session(this.#options);
  }

  async #lend<T>(session: Session, work: (session: Session) => Promise<T>): Promise<T> {
    try {
      const result = await work(session);
      this.#idle.push({ session, since: Date.now() });
      return result;
    } catch (error) {
      // After any other error of the server the session is as good as before. It is asked for a sign of life anyway.
      if (isLost(error)) await session.close();
      else this.#idle.push({ session, since: 0 });
      throw error;
    }
  }
}

async function isAlive(session: Session): Promise<boolean> {
  try {
    await session.query(sql`SELECT 1`);
    return true;
  } catch {
    // Whatever is wrong with it, a new session takes its place, and shows it if it is wrong with the server.
    await session.close();
    return false;
  }
}

function isLost(error: unknown): boolean {
  return error instanceof LockstepError && error.code === 'CONNECTION_LOST';
}
