import { setTimeout as sleep } from 'node:timers/promises';
import { LockstepError } from '../../errors.ts';
import { homeOf } from '../../state/tables.ts';
import type { Along, Dialect, Row, Session, Shape, TableName, TableShape } from '../database.ts';
import type { ReplicaLag, RowChange, TableFacts } from '../keyed-rows.ts';
import type { Sql } from '../sql.ts';
import { findBlockers } from './blockers.ts';
import { estimateRows } from './estimate.ts';
import type { Fence } from './fence.ts';
import { deadlock, errorNumber } from './failure.ts';
import type { Flavour } from './flavour.ts';
import { Loader } from './load.ts';
import { quote } from './quote.ts';
import { readRows } from './read-rows.ts';
import { readOwnLag } from './replica-lag.ts';
import { guardedStatements } from './shape/guarded.ts';
import { lockWaits } from './settings.ts';
import { readTableFacts } from './table-facts.ts';
import { updateRows } from './update-rows.ts';
import { renderText } from './values.ts';
import type { Wire } from './wire.ts';

export interface SessionParts {
  readonly wire: Wire;
  readonly flavour: Flavour;
  /** The name of the database. */
  readonly database: string;
  /** The server's max_allowed_packet, in bytes. */
  readonly largestPacket: number;
  /** The server takes files of a client: LOAD DATA LOCAL. */
  readonly localFiles: boolean;
  /** Ends the connection with this id from another one. */
  readonly kill: (id: string) => Promise<void>;
  /** Puts the settings of a new connection back. */
  readonly renew: () => Promise<void>;
  /** The migration lock's, while this process holds it. */
  readonly fence: () => Fence | undefined;
  readonly dialect: Dialect;
  readonly onClose: (session: MysqlSession) => void;
}

/** A connection to MySQL or MariaDB. */
export class MysqlSession implements Session {
  readonly id: string;
  readonly #wire: Wire;
  readonly #parts: SessionParts;
  readonly #loader: Loader;
  #inTransaction = false;
  /** The last transaction has filled a table that was empty; see `empty`. */
  #fills = false;
  /** The statement that made the server roll back. */
  #rolledBack: unknown;
  #closed: Promise<void> | undefined;
  /** Seconds that a statement may wait for a lock; 0 for what every session has. */
  #lockSeconds = 0;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#wire = parts.wire;
    this.id = parts.wire.id;
    this.#loader = new Loader(parts.wire, parts.flavour, parts);
  }

  async query(statement: Sql): Promise<Row[]> {
    return this.#watch(this.#wire.rows(renderText(statement)));
  }

  /** Rows that an UPDATE finds but leaves as they are count, as they do on Postgres. */
  async run(statement: Sql): Promise<number> {
    if (!this.#inTransaction && this.#parts.fence()?.everywhere) return this.transaction(() => this.run(statement));
    const { changed } = await this.#watch(this.#wire.run(renderText(statement)));
    return changed;
  }

  async runAll(statements: readonly Sql[]): Promise<void> {
    for (const statement of statements) await this.run(statement);
  }

  async execute(text: string): Promise<void> {
    const { before, statement, after } = guardedStatements(text);
    for (const setting of before) await this.#wire.run(setting);
    try {
      await this.#watch(this.#wire.run(statement));
    } finally {
      for (const setting of after) await this.#wire.run(setting);
    }
  }

  async transaction<T>(work: () => Promise<T>, { before = [], last }: Along = {}): Promise<T> {
    if (this.#inTransaction)
      throw new LockstepError('INTERNAL', { reason: 'a transaction was begun inside of another' });
    if (before.length > 0) await this.runAll(before);
    if (this.#fills) await this.#wire.run('SET unique_checks = 1');
    this.#fills = false;
    await this.#wire.run('START TRANSACTION');
    this.#inTransaction = true;
    this.#rolledBack = undefined;
    try {
      const result = await work();
      if (last) await this.runAll(last());
      if (this.#rolledBack !== undefined) throw this.#rolledBack;
      await this.#parts.fence()?.hold(homeOf(this, this.#parts.dialect, []));
      await this.#wire.run('COMMIT');
      return result;
    } catch (error) {
      // Without an answer the connection is gone, and the server rolls back by itself. The first error is what counts.
      await this.#wire.run('ROLLBACK').catch(() => this.close());
      throw error;
    } finally {
      this.#inTransaction = false;
    }
  }

  async load(table: TableShape, rows: Buffer): Promise<number> {
    const work = (): Promise<number> => this.#loader.load(table, rows);
    return this.#inTransaction ? this.#watch(work()) : this.transaction(work);
  }

  /**
   * Without unique checks, MariaDB fills an empty table in one go: nobody else gets at it until the end, and all of its
   * rows go when the transaction is rolled back. Sessions that share a table would wait for each other in a circle, and
   * what one has committed would go with what another rolls back.
   */
  async empty(table: TableShape): Promise<void> {
    await this.#wire.run('SET unique_checks = 0');
    this.#fills = true;
    await this.#watch(this.#wire.run(`DELETE FROM ${quote(table.name)}`));
  }

  read(table: TableShape): AsyncGenerator<Buffer, void, undefined> {
    return this.readRows(table, []);
  }

  /** The content of a table, or of a range of it, as lines in the row form; see `readRows`. */
  readRows(table: TableShape, primaryKey: readonly string[], range = ''): AsyncGenerator<Buffer, void, undefined> {
    return readRows(this.#wire, table, primaryKey, range);
  }

  async describe(): Promise<Shape> {
    const { describe } = await import('./describe.ts');
    return describe(this.#wire, this.#parts.flavour, this.#parts.database);
  }

  async tableFacts({ name }: TableName): Promise<TableFacts | undefined> {
    return readTableFacts(this.#wire, name);
  }

  async update(change: RowChange): Promise<number> {
    return this.#watch(updateRows(this.#wire, this.#parts.flavour, this.#parts.largestPacket, change));
  }

  async estimate(select: Sql): Promise<number> {
    return estimateRows(this.#wire, renderText(select));
  }

  /** A primary knows who they are, but not how far they are. */
  async replicaLag(): Promise<readonly ReplicaLag[]> {
    return [];
  }

  async ownLag(): Promise<readonly ReplicaLag[]> {
    return readOwnLag(this.#wire);
  }

  async wipe(): Promise<void> {
    const { wipe } = await import('./wipe.ts');
    await wipe(this.#wire);
  }

  async waitForEnd(id: string, told?: (statement: string) => Promise<void>): Promise<void> {
    for (;;) {
      const list = await this.#wire.rows('SHOW FULL PROCESSLIST');
      const found = list.find((row) => row['Id'] === id);
      if (!found || found['Command'] === 'Sleep' || id === this.id) return;
      await told?.(found['Info'] ?? '');
      await sleep(200);
    }
  }

  async limitLockWaits(seconds: number): Promise<void> {
    if (seconds === this.#lockSeconds) return;
    const [before, after] = [lockWaits(this.#lockSeconds), lockWaits(seconds)];
    const settings = Object.entries(after).map(
      ([name, value]) =>
        `SESSION ${name} = CAST(IF(@@SESSION.${name} = ${before[name]}, ${value}, @@SESSION.${name}) AS UNSIGNED)`,
    );
    await this.#wire.run(`SET ${settings.join(', ')}`);
    this.#lockSeconds = seconds;
  }

  async blockersOf(id: string): Promise<string[]> {
    return findBlockers(this.#wire, id);
  }

  async renew(): Promise<boolean> {
    await this.#wire.reset();
    await this.#parts.renew();
    this.#lockSeconds = 0;
    return true;
  }

  async close(): Promise<void> {
    this.#closed ??= this.#end();
    await this.#closed;
  }

  async #watch<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (errorNumber(error) === deadlock) this.#rolledBack = error;
      throw error;
    }
  }

  async #end(): Promise<void> {
    this.#parts.onClose(this);
    if (!this.#wire.busy) return this.#wire.end();
    // The server would finish a statement whose client is gone, and hold its locks until then.
    await this.#parts.kill(this.id).catch(() => undefined);
    this.#wire.destroy();
  }
}
