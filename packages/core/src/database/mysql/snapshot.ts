import { LockstepError } from '../../errors.ts';
import { fingerprint } from '../../shape/fingerprint.ts';
import type { Counter, Shape, Snapshot, TablePart, TableShape } from '../database.ts';
import { raw, sql } from '../sql.ts';
import { clockText } from './clock.ts';
import { errorNumber } from './failure.ts';
import { quote } from './quote.ts';
import { begin, rollBack } from './begin.ts';
import type { Crew, CrewParts } from './crew.ts';
import { closeCrew, gatherCrew } from './crew.ts';
import { splitTable } from './parts/split-table.ts';
import type { KeyColumn } from './parts/primary-keys.ts';
import { readPrimaryKeys } from './parts/primary-keys.ts';
import { Turns } from './turns.ts';
import type { MysqlSession } from './session.ts';
import { exactMode } from './settings.ts';

/** How often a snapshot is begun anew because a change of the shape came in between. */
const attempts = 5;

/** "Table definition has changed", a table that is gone, and a deadlock, with which a cluster ends a snapshot. */
const changedErrors = new Set([1412, 1146, 1213]);

/** What a snapshot is opened with. */
export interface SnapshotParts extends CrewParts {
  readonly onClose: (snapshot: MysqlSnapshot) => void;
}

/**
 * Opens connections that see one and the same moment. Looking at every table once inside of the transaction locks
 * their definitions until its end, so that no change of the shape can come between the reads; the description is
 * taken before and after that, and must be the same. What a change leaves behind that is not in the description
 * (TRUNCATE), the server itself refuses to read. The connections stay in their transactions until they are closed.
 * Throws SNAPSHOT_CHANGED, PRIVILEGE_MISSING.
 */
export async function openSnapshot(parts: SnapshotParts): Promise<MysqlSnapshot> {
  const crew = await gatherCrew(parts);
  try {
    for (const session of [crew.main, ...crew.readers]) {
      await session.execute(`SET SESSION sql_mode = '${exactMode}'`);
      await session.execute('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    }
    for (let attempt = 1; ; attempt += 1) {
      const before = await crew.main.describe();
      const begun = await begin(crew, parts.flavour);
      const [moment] = await crew.main.query(sql`SELECT ${raw(clockText)} AS taken_at`);
      if (begun.equal && (await lockDefinitions(crew.main, before))) {
        return new MysqlSnapshot(crew, before, moment?.['taken_at'] ?? '', begun.position, parts.onClose);
      }
      await rollBack(crew, parts.flavour);
      if (attempt === attempts) throw new LockstepError('SNAPSHOT_CHANGED', { found: 'migrations seem to be running' });
    }
  } catch (error) {
    await closeCrew(crew);
    throw error;
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

export class MysqlSnapshot implements Snapshot {
  readonly readers: number;
  readonly notes: readonly string[];
  readonly position: Readonly<Record<string, string>>;
  readonly takenAt: string;
  readonly shape: Shape;
  readonly session: MysqlSession;
  readonly #crew: Crew;
  readonly #turns: Turns<MysqlSession>;
  readonly #onClose: (snapshot: MysqlSnapshot) => void;
  #keys: Promise<ReadonlyMap<string, readonly KeyColumn[]>> | undefined;

  constructor(
    crew: Crew,
    shape: Shape,
    takenAt: string,
    position: Readonly<Record<string, string>>,
    onClose: (snapshot: MysqlSnapshot) => void,
  ) {
    const sessions = crew.readers.length > 0 ? crew.readers : [crew.main];
    this.#crew = crew;
    this.#turns = new Turns(sessions);
    this.readers = sessions.length;
    this.notes = crew.notes;
    this.session = crew.main;
    this.shape = shape;
    this.takenAt = takenAt;
    this.position = position;
    this.#onClose = onClose;
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
    const bytes = (await this.sizes()).get(table.label) ?? 0;
    const key = await this.#keyOf(table);
    // One reader has nobody to share with.
    if (this.readers === 1) return [{ bytes, range: '' }];
    return splitTable(this.session, table, key, bytes);
  }

  async *read(table: TableShape, part?: TablePart): AsyncGenerator<Buffer, void, undefined> {
    const key = await this.#keyOf(table);
    const session = await this.#turns.take();
    try {
      yield* session.readRows(
        table,
        key.map(({ name }) => name),
        part?.range ?? '',
      );
    } catch (error) {
      if (!changedErrors.has(errorNumber(error))) throw error;
      throw new LockstepError('SNAPSHOT_CHANGED', { found: table.label }, { cause: error });
    } finally {
      this.#turns.give(session);
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

  /** Lets changes of definitions on the server go on; those of the tables that are read wait for these. */
  async allowDefinitionChanges(): Promise<void> {
    const { guard } = this.#crew;
    if (guard && this.#crew.readers.length > 0) await guard.close();
  }

  async close(): Promise<void> {
    this.#onClose(this);
    await closeCrew(this.#crew);
  }

  async #keyOf(table: TableShape): Promise<readonly KeyColumn[]> {
    this.#keys ??= readPrimaryKeys(this.session);
    return (await this.#keys).get(table.name) ?? [];
  }
}
