import type pg from 'pg';
import type { Catalogue, CatalogueOptions } from '../catalogue.ts';
import type {
  Database,
  LockAttempt,
  LockName,
  Scratch,
  SessionOptions,
  Snapshot,
  SnapshotOptions,
} from '../database.ts';
import { readCatalogue } from './catalogue.ts';
import { connect } from './connect.ts';
import type { OnNotice } from './connect.ts';
import { postgresDialect } from './dialect.ts';
import { failureOf } from './failure.ts';
import { locationOf } from './location.ts';
import { tryAdvisoryLock } from './lock.ts';
import { createScratch } from './scratch.ts';
import { PostgresSession } from './session.ts';
import { applySettings, renewSettings, speedUpLoading, watchForLostClient } from './settings.ts';
import type { Applied, ConnectionSettings } from './settings.ts';
import { openSnapshot } from './snapshot.ts';
import type { ServerVersion } from './version.ts';

/** What makes a Postgres: a server by URL, or an engine behind a socket that speaks its protocol. */
export interface PostgresParts {
  readonly engine: string;
  readonly config: pg.ClientConfig;
  /** For people: without secrets. */
  readonly location: string;
  readonly parallelSessions: number;
  /**
   * The other end is a server with a process per connection: it can end a session at another's word, and it can notice
   * that its client is gone.
   */
  readonly isServer: boolean;
  /** Snapshots read a table in ranges of so many bytes on disk, where COPY can't be slowed down. */
  readonly bytesPerRead?: number;
  /** Seconds that a snapshot waits for table locks. */
  readonly lockSeconds?: number;
  /** In place of an advisory lock. */
  readonly tryLock?: (name: LockName, holder: string) => Promise<LockAttempt>;
  /** In place of CREATE DATABASE. */
  readonly scratch?: () => Promise<Scratch>;
  readonly onNotice?: OnNotice;
  /** Runs once, after all sessions are closed. */
  readonly onClose?: () => Promise<void>;
}

/**
 * Row security is off so that a policy makes a read fail, and not return fewer rows. The readers are all the parallelism
 * there should be, and a range of blocks is read as such, whatever the role's settings say.
 */
const snapshotSettings: Readonly<Record<string, string>> = {
  row_security: 'off',
  synchronize_seqscans: 'off',
  jit: 'off',
  enable_tidscan: 'on',
  max_parallel_workers_per_gather: '0',
};

export class PostgresDatabase implements Database {
  readonly family = 'postgres';
  readonly dialect = postgresDialect;
  readonly engine: string;
  readonly version: string;
  readonly tested: boolean;
  readonly location: string;
  readonly parallelSessions: number;
  readonly #parts: PostgresParts;
  readonly #onNotice: OnNotice;
  readonly #sessions = new Set<PostgresSession>();
  #closed: Promise<void> | undefined;

  constructor(parts: PostgresParts, version: ServerVersion) {
    this.#parts = parts;
    this.#onNotice = parts.onNotice ?? warnOnce();
    this.engine = parts.engine;
    this.version = version.text;
    this.tested = version.tested;
    this.location = parts.location;
    this.parallelSessions = parts.parallelSessions;
  }

  async session(options: SessionOptions = {}): Promise<PostgresSession> {
    return this.#open({
      applicationName: options.purpose === undefined ? 'lockstep' : `lockstep ${options.purpose}`,
      schemas: options.schemas ?? [],
      bulk: options.bulk === true,
    });
  }

  async tryLock(name: LockName, holder: string): Promise<LockAttempt> {
    if (this.#parts.tryLock !== undefined) return this.#parts.tryLock(name, holder);
    const session = await this.#open({ applicationName: `lockstep: ${holder}`, schemas: [] });
    try {
      return await tryAdvisoryLock(session, name);
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  async snapshot(schemas: readonly string[], options: SnapshotOptions = {}): Promise<Snapshot> {
    const { lockSeconds = 30, bytesPerRead, parallelSessions } = this.#parts;
    const readers = Math.min(options.readers ?? 1, parallelSessions);
    const open = (): Promise<PostgresSession> =>
      this.#open({ applicationName: 'lockstep snapshot', schemas: [], extra: snapshotSettings });
    return openSnapshot(open, schemas, { lockSeconds, bytesPerRead, readers });
  }

  async scratch(): Promise<Scratch> {
    if (this.#parts.scratch !== undefined) return this.#parts.scratch();
    return createScratch(this, (name) => this.#other(name));
  }

  /** Another database of the same server. */
  #other(name: string): PostgresDatabase {
    const config = { ...this.#parts.config, database: name };
    // What is behind the connections is not the other's to end.
    const parts = { ...this.#parts, config, location: locationOf(config), onClose: async () => {} };
    return new PostgresDatabase(parts, { text: this.version, tested: this.tested });
  }

  async *catalogue(options: CatalogueOptions = {}): Catalogue {
    const home = await this.session({ purpose: 'catalogue' });
    try {
      yield* readCatalogue((name) => this.#other(name).session({ purpose: 'catalogue' }), home, options);
    } finally {
      await home.close();
    }
  }

  async close(): Promise<void> {
    this.#closed ??= this.#end();
    await this.#closed;
  }

  async #open(settings: ConnectionSettings): Promise<PostgresSession> {
    const { config, location, isServer } = this.#parts;
    const client = await connect(config, location, this.#onNotice);
    const tune = async (): Promise<void> => {
      if (isServer) await watchForLostClient(client);
      if (isServer && settings.bulk === true) await speedUpLoading(client);
    };
    const renew = async (): Promise<void> => {
      await renewSettings(client, settings, applied.limits);
      await tune();
    };
    let applied: Applied = { id: '', limits: [] };
    try {
      applied = await applySettings(client, settings);
      await tune();
    } catch (error) {
      client.connection.stream.destroy();
      throw failureOf(error, { location, statement: 'SET' });
    }
    const session = new PostgresSession({
      client,
      id: applied.id,
      location,
      onClose: (closed) => this.#sessions.delete(closed),
      ...(isServer ? { terminate: (backend: string) => this.#terminate(backend), renew } : {}),
    });
    this.#sessions.add(session);
    return session;
  }

  /** Ends a backend and waits until it is gone, for a few seconds. */
  async #terminate(id: string): Promise<void> {
    const client = await connect(this.#parts.config, this.location, this.#onNotice);
    try {
      await client.query('SELECT pg_catalog.pg_terminate_backend($1::int, 5000)', [id.split('@')[0]]);
    } finally {
      await client.end();
    }
  }

  async #end(): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => session.close()));
    await this.#parts.onClose?.();
  }
}

/** A server's warnings reach the process's warnings, each text once. Notices are talk about what was asked for. */
function warnOnce(): OnNotice {
  const told = new Set<string>();
  return (severity, text) => {
    if (severity !== 'WARNING' || told.has(text)) return;
    told.add(text);
    process.emitWarning(text, 'PostgresWarning');
  };
}
