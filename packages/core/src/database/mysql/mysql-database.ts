import type {
  Database,
  Dialect,
  LockAttempt,
  LockName,
  Scratch,
  Session,
  SessionOptions,
  SnapshotOptions,
} from '../database.ts';
import type { Catalogue, CatalogueOptions } from '../catalogue.ts';
import { LockstepError } from '../../errors.ts';
import { readCatalogue } from './catalogue.ts';
import { connect } from './connect.ts';
import { mariadbDialect, mysqlDialect } from './dialect.ts';
import type { Flavour, ServerVersion } from './flavour.ts';
import { tryNamedLock } from './lock.ts';
import { lockName } from './lock-name.ts';
import { createScratch } from './scratch.ts';
import { MysqlSession } from './session.ts';
import { applySettings } from './settings.ts';
import type { MysqlSnapshot } from './snapshot.ts';
import { openSnapshot } from './snapshot.ts';
import type { Target } from './url.ts';
import type { Wire } from './wire.ts';

/** What is known of the server after the first look. */
export interface ServerFacts extends ServerVersion {
  /** The name of the database as the server writes it. */
  readonly database: string;
  /** The collation of the database. */
  readonly collation: string;
  /** max_allowed_packet, in bytes. */
  readonly largestPacket: number;
  /** local_infile is on. */
  readonly localFiles: boolean;
}

/** A database on a MySQL or MariaDB server. */
export class MysqlDatabase implements Database {
  readonly family: Flavour['family'];
  readonly engine: string;
  readonly version: string;
  readonly tested: boolean;
  readonly location: string;
  readonly dialect: Dialect;
  readonly parallelSessions = 8;
  readonly #target: Target;
  readonly #facts: ServerFacts;
  readonly #sessions = new Set<MysqlSession>();
  readonly #snapshots = new Set<MysqlSnapshot>();

  constructor(target: Target, facts: ServerFacts) {
    this.#target = target;
    this.#facts = facts;
    this.family = facts.flavour.family;
    this.engine = facts.flavour.engine;
    this.version = facts.version;
    this.tested = facts.tested;
    this.location = target.location;
    this.dialect = facts.flavour.family === 'mysql' ? mysqlDialect : mariadbDialect;
  }

  async session(options: SessionOptions = {}): Promise<MysqlSession> {
    const wire = await this.#connect(options.purpose ?? 'session');
    const bulk = async (): Promise<void> => {
      if (options.bulk === true) await wire.run('SET SESSION foreign_key_checks = 0, SESSION unique_checks = 0');
    };
    await bulk();
    const session = new MysqlSession({
      wire,
      flavour: this.#facts.flavour,
      database: this.#facts.database,
      largestPacket: this.#facts.largestPacket,
      localFiles: this.#facts.localFiles,
      kill: (id) => this.#kill(id),
      renew: async () => {
        await applySettings(wire, this.#facts.flavour, this.#facts.collation);
        await bulk();
      },
      onClose: (closed) => this.#sessions.delete(closed),
    });
    this.#sessions.add(session);
    return session;
  }

  async tryLock(name: LockName, holder: string): Promise<LockAttempt> {
    return tryNamedLock(await this.#connect(holder), lockName(this.#facts.database, name.table));
  }

  async snapshot(_schemas: readonly string[] = [], options: SnapshotOptions = {}): Promise<MysqlSnapshot> {
    const snapshot = await openSnapshot({
      flavour: this.#facts.flavour,
      readers: Math.min(options.readers ?? 1, this.parallelSessions),
      open: (purpose) => this.session({ purpose }),
      onClose: (closed) => this.#snapshots.delete(closed),
    });
    this.#snapshots.add(snapshot);
    return snapshot;
  }

  async scratch(): Promise<Scratch> {
    // Otherwise it would have to wait for a backup of our own that asks for it.
    for (const snapshot of this.#snapshots) await snapshot.allowDefinitionChanges();
    return createScratch({
      connect: (purpose) => this.#connect(purpose),
      open: async (database) => new MysqlDatabase(inDatabase(this.#target, database), { ...this.#facts, database }),
    });
  }

  async *catalogue(options: CatalogueOptions = {}): Catalogue {
    const session: Session = await this.session({ purpose: 'catalogue' });
    try {
      yield* readCatalogue(session, this.family === 'mariadb', options);
    } finally {
      await session.close();
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => session.close()));
  }

  async #connect(purpose: string): Promise<Wire> {
    const wire = await connect(this.#target, purpose);
    try {
      await applySettings(wire, this.#facts.flavour, this.#facts.collation);
      return wire;
    } catch (error) {
      wire.destroy();
      throw error;
    }
  }

  async #kill(id: string): Promise<void> {
    const wire = await connect(this.#target, 'kill');
    try {
      await wire.run(`KILL ${BigInt(id)}`);
    } catch (error) {
      // 1094: it is gone already.
      if (!(error instanceof LockstepError) || error.details['number'] !== '1094') throw error;
    } finally {
      await wire.end();
    }
  }
}

function inDatabase(target: Target, database: string): Target {
  const location = target.location.replace(/[^/]*$/, encodeURIComponent(database));
  return { ...target, options: { ...target.options, database }, location, database };
}
