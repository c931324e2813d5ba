import { LockstepError } from '../../errors.ts';
import { fingerprint } from '../../shape/fingerprint.ts';
import type { Counter, Shape, Snapshot, TablePart, TableShape } from '../database.ts';
import { raw, sql } from '../sql.ts';
import { clockText } from './clock.ts';
import { errorNumber } from './failure.ts';
import type { Flavour } from './flavour.ts';
import { quote } from './quote.ts';
import { readPosition } from './position.ts';
import type { MysqlSession } from './session.ts';
import { exactMode } from './settings.ts';

/** How often a snapshot is begun anew because a change of the shape came in between. */
const attempts = 5;

/** "Table definition has changed", a table that is gone, and a deadlock, with which a cluster ends a snapshot. */
const changedErrors = new Set([1412, 1146, 1213]);

/**
 * Turns a session into a snapshot. Looking at every table once inside of the transaction locks their definitions until
 * its end, as every reader's does, so that no change of the shape can come between the reads; the description is taken
 * before and after that, and must be the same. The session stays in this transaction until it is closed.
 * Throws SNAPSHOT_CHANGED, PRIVILEGE_MISSING.
 */
export async function openSnapshot(session: MysqlSession, flavour: Flavour): Promise<Snapshot> {
  await session.execute(`SET SESSION sql_mode = '${exactMode}'`);
  await session.execute('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
  for (let attempt = 1; ; attempt += 1) {
    const before = await session.describe();
    const positionBefore = await readPosition(session, flavour, 'before');
    await session.execute('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
    const position = await readPosition(session, flavour, 'inside');
    const [moment] = await session.query(sql`SELECT ${raw(clockText)} AS taken_at`);
    const isSame = await lockDefinitions(session, before);
    if (isSame) {
      const exact = JSON.stringify(positionBefore) === JSON.stringify(position) || flavour.family === 'mariadb';
      return new MysqlSnapshot(session, before, moment?.['taken_at'] ?? '', exact ? position : {});
    }
    await session.execute('ROLLBACK');
    if (attempt === attempts) throw new LockstepError('SNAPSHOT_CHANGED', { found: 'migrations seem to be running' });
  }
}

/** Locks the definitions of the tables. False if they are not those that were described. */
async function lockDefinitions(session: MysqlSession, shape: Shape): Promise<boolean> {
  try {
    for (let start = 0; start < shape.tables.length; start += 100) {
      const looks = shape.tables.slice(start, start + 100).map(({ name }) => `(SELECT 1 FROM ${quote(name)} LIMIT 0)`);
      await session.execute(looks.join(' UNION ALL '));
    }
  } catch (error) {
    if (changedErrors.has(errorNumber(error))) return false;
    throw error;
  }
  return fingerprint(await session.describe()) === fingerprint(shape);
}

class MysqlSnapshot implements Snapshot {
  readonly readers = 1;
  readonly notes: readonly string[] = [];
  readonly position: Readonly<Record<string, string>>;
  readonly takenAt: string;
  readonly shape: Shape;
  readonly session: MysqlSession;
  #primaryKeys: Promise<ReadonlyMap<string, string[]>> | undefined;

  constructor(session: MysqlSession, shape: Shape, takenAt: string, position: Readonly<Record<string, string>>) {
    this.session = session;
    this.shape = shape;
    this.takenAt = takenAt;
    this.position = position;
  }

  /** Counters stand outside of transactions: what is read is where they are now, at or after the moment of the rows. */
  async counters(): Promise<Counter[]> {
    const rows = await this.session.query(sql`SELECT TABLE_NAME AS name, AUTO_INCREMENT AS value
      FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND AUTO_INCREMENT IS NOT NULL`);
    const values = new Map(rows.map((row) => [row['name'], row['value'] ?? '']));
    return this.shape.tables.flatMap(({ name }) => {
      const value = values.get(name);
      return value === undefined ? [] : [{ name: { schema: '', name }, value, called: false }];
    });
  }

  async parts(table: TableShape): Promise<readonly TablePart[]> {
    return [{ bytes: (await this.sizes()).get(table.label) ?? 0, range: '' }];
  }

  async *read(table: TableShape): AsyncGenerator<Buffer, void, undefined> {
    this.#primaryKeys ??= this.#readPrimaryKeys();
    const primaryKeys = await this.#primaryKeys;
    try {
      yield* this.session.readRows(table, primaryKeys.get(table.name) ?? []);
    } catch (error) {
      if (!changedErrors.has(errorNumber(error))) throw error;
      throw new LockstepError('SNAPSHOT_CHANGED', { found: table.label }, { cause: error });
    }
  }

  /** The locks on the definitions hold as long as the connection. */
  async check(): Promise<void> {
    await this.session.query(sql`SELECT 1`);
  }

  async sizes(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.session.query(sql`SELECT TABLE_NAME AS name, DATA_LENGTH AS bytes
      FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'`);
    const bytes = new Map(rows.map((row) => [row['name'], Number(row['bytes'])]));
    return new Map(this.shape.tables.map(({ label, name }) => [label, bytes.get(name) ?? 0]));
  }

  async close(): Promise<void> {
    await this.session.close();
  }

  async #readPrimaryKeys(): Promise<ReadonlyMap<string, string[]>> {
    const rows = await this.session.query(sql`SELECT TABLE_NAME AS name, COLUMN_NAME AS part
      FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND INDEX_NAME = 'PRIMARY'
      ORDER BY TABLE_NAME, SEQ_IN_INDEX`);
    const keys = new Map<string, string[]>();
    for (const { name, part } of rows) keys.set(name ?? '', [...(keys.get(name ?? '') ?? []), part ?? '']);
    return keys;
  }
}
