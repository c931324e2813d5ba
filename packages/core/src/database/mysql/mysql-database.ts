import type {
  Database,
  Dialect,
  LockAttempt,
  LockName,
  RowLimit,
  Scratch,
  Session,
  SessionOptions,
  SnapshotOptions,
  TableShape,
} from '../database.ts';
import type { Catalogue, CatalogueOptions } from '../catalogue.ts';
import { LockstepError } from '../../errors.ts';
import { homeOf } from '../../state/tables.ts';
import { readCatalogue } from './catalogue.ts';
import type { Cluster } from './cluster.ts';
import { connect } from './connect.ts';
import { mariadbDialect, mysqlDialect } from './dialect.ts';
import type { Fence } from './fence.ts';
import type { Flavour, ServerVersion } from './flavour.ts';
import { tryLeaseLock } from './lease-lock.ts';
import { insertLimit } from './load.ts';
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
  /** What the server is a node of; undefined for one that stands alone. */
  readonly cluster: Cluster | undefined;
}

const bulkSettings = 'SET SESSION foreign_key_checks = 0';

/** A database on a MySQL or MariaDB server. */
export class MysqlDatabase implements Database {
  readonly family: Flavour['family'];
  readonly engine: string;
  readonly version: string;
  readonly tested: boolean;
  readonly location: string;
  readonly dialect: Dialect;
  readonly parallelSessions = 8;
  readonly cluster: string | undefined;
  readonly #target: Target;
  readonly #facts: ServerFacts;
  readonly #sessions = new Set<MysqlSession>();
  #fence: Fence | undefined;
  readonly #snapshots = new Set<MysqlSnapshot>();

  constructor(target: Target, facts: ServerFacts) {
    this.#target = target;
    this.#facts = facts;
    this.family = facts.flavour.family;
    this.engine = facts.flavour.engine;
    this.version = facts.version;
    this.tested = facts.tested;
    this.location = target.location;
    this.cluster = facts.cluster?.name;
    this.dialect = facts.flavour.family === 'mysql' ? mysqlDialect : mariadbDialect;
  }

  async session(options: SessionOptions = {}): Promise<MysqlSession> {
    // With its lock, the rest of a host that has vanished has to be gone as well.
    const isWatched = this.#fence !== undefined;
    const wire = await this.#connect(options.purpose ?? 'session', isWatched);
    const settings = async (): Promise<void> => {
      await this.#applySettings(wire, isWatched);
      if (options.bulk === true) await wire.run(bulkSettings);
    };
    if (options.bulk === true) await wire.run(bulkSettings);
    return this.#sessionOf(wire, settings, () => this.#fence);
  }

  #sessionOf(wire: Wire, renew: () => Promise<void>, fence: () => Fence | undefined): MysqlSession {
    const session = new MysqlSession({
      wire,
      flavour: this.#facts.flavour,
      database: this.#facts.database,
      largestPacket: this.#facts.largestPacket,
      localFiles: this.#facts.localFiles,
      kill: (id) => this.#kill(id),
      renew,
      fence,
      dialect: this.dialect,
      onClose: (closed) => this.#sessions.delete(closed),
    });
    this.#sessions.add(session);
    return session;
  }

  async tryLock(name: LockName, holder: string): Promise<LockAttempt> {
    const { cluster, database } = this.#facts;
    const attempt = cluster
      ? await this.#tryLease(holder)
      : await tryNamedLock(await this.#connect(holder, true), lockName(database, name.table));
    if (!attempt.held) return attempt;
    const { lock } = attempt;
    this.#fence = lock;
    const release = async (): Promise<void> => {
      if (this.#fence === lock) this.#fence = undefined;
      await lock.release();
    };
    return { held: true, lock: { check: () => lock.check(), release } };
  }

  async #tryLease(holder: string): ReturnType<typeof tryLeaseLock> {
    const wire = await this.#connect(holder, true);
    const renew = (): Promise<void> => this.#applySettings(wire, true);
    const session = this.#sessionOf(wire, renew, () => undefined);
    let held = false;
    try {
      const attempt = await tryLeaseLock(homeOf(session, this.dialect, []), holder);
      ({ held } = attempt);
      return attempt;
    } finally {
      if (!held) await session.close();
    }
  }

  async snapshot(_schemas: readonly string[] = [], options: SnapshotOptions = {}): Promise<MysqlSnapshot> {
    const snapshot = await openSnapshot({
      flavour: this.#facts.flavour,
      // What makes the snapshots of several readers equal, holds on one node only.
      readers: this.#facts.cluster ? 1 : Math.min(options.readers ?? 1, this.parallelSessions),
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

  /** A row that goes by a file is cut into packets as small as every server takes. */
  rowLimit(table: TableShape): RowLimit | undefined {
    const { localFiles, largestPacket } = this.#facts;
    return localFiles ? undefined : insertLimit(table, largestPacket);
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

  async #connect(purpose: string, isWatched = false): Promise<Wire> {
    const wire = await connect(this.#target, purpose);
    try {
      await this.#applySettings(wire, isWatched);
      return wire;
    } catch (error) {
      wire.destroy();
      throw error;
    }
  }

  async #applySettings(wire: Wire, isWatched: boolean): Promise<void> {
    const { flavour, collation, cluster } = this.#facts;
    await applySettings(wire, flavour, collation, isWatched);
    for (const setting of cluster?.settings ?? []) await wire.run(setting);
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
