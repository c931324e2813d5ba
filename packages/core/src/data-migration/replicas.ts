import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Session } from '../database/database.ts';
import type { ReplicaLag } from '../database/keyed-rows.ts';
import { openDatabase } from '../database/open.ts';
import { LockstepError } from '../errors.ts';
import type { RunOptions } from '../progress.ts';
import type { DataMigrationPace } from '../release/product.ts';

/** How often replicas are looked at, in milliseconds. */
const interval = 1000;
/** A replica that does not tell seconds may be behind by so many bytes of the log. */
const mostBytes = 64 * 1024 * 1024;

interface WatchedReplica {
  readonly database: Database;
  readonly session: Session;
}

/** Keeps a migration from running away from the replicas. */
export class Replicas {
  readonly #session: Session;
  readonly #watched: readonly WatchedReplica[];
  readonly #options: RunOptions;
  readonly #seconds: number;
  #looked = 0;

  private constructor(session: Session, watched: readonly WatchedReplica[], seconds: number, options: RunOptions) {
    this.#session = session;
    this.#watched = watched;
    this.#options = options;
    this.#seconds = seconds;
  }

  /** Connects to the replicas that are to be asked. Throws REPLICA_UNFIT, and what opening a database throws. */
  static async open(session: Session, pace: DataMigrationPace, options: RunOptions): Promise<Replicas> {
    const watched: WatchedReplica[] = [];
    const replicas = new Replicas(session, watched, pace.lagSeconds, options);
    if (pace.lagSeconds === 0) return replicas;
    try {
      for (const url of pace.replicas) {
        const database = await openDatabase(url);
        const opened = { database, session: await database.session({ purpose: 'watch' }) };
        watched.push(opened);
        if ((await opened.session.ownLag()).length > 0) continue;
        throw new LockstepError('REPLICA_UNFIT', { location: database.location, reason: 'it is no replica' });
      }
      return replicas;
    } catch (error) {
      await replicas.close();
      throw error;
    }
  }

  /** Waits while a replica is too far behind. Looks at most once a second. Outside of transactions. */
  async wait(): Promise<void> {
    if (this.#seconds === 0 || Date.now() - this.#looked < interval) return;
    const started = Date.now();
    for (let late = await this.#late(); late; late = await this.#late()) {
      const seconds = Math.round((Date.now() - started) / 1000);
      await this.#options.onProgress?.({ kind: 'waiting', holder: words(late), seconds });
      await sleep(interval, undefined, { signal: this.#options.signal });
    }
    this.#looked = Date.now();
  }

  async close(): Promise<void> {
    for (const { database } of this.#watched) await database.close();
  }

  async #late(): Promise<ReplicaLag | undefined> {
    const known = await this.#session.replicaLag();
    const asked = await Promise.all(
      this.#watched.map(async ({ database, session }) =>
        (await session.ownLag()).map((lag) => ({ ...lag, name: `the replica ${database.location}`, asked: true })),
      ),
    );
    return [...known, ...asked.flat()].find((lag) => this.#isLate(lag));
  }

  /** One that was named and does not tell at all does not replicate. */
  #isLate({ seconds, bytes, asked }: ReplicaLag & { readonly asked?: boolean }): boolean {
    if (seconds !== undefined) return seconds > this.#seconds;
    return bytes === undefined ? asked === true : bytes > mostBytes;
  }
}

function words({ name, seconds, bytes }: ReplicaLag): string {
  if (seconds !== undefined) return `${name}, which is ${Math.round(seconds)} s behind`;
  return bytes === undefined ? `${name}, which does not replicate` : `${name}, which is ${bytes} bytes behind`;
}
