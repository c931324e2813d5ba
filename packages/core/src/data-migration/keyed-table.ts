import type { Dialect, Session } from '../database/database.ts';
import type { ColumnFacts, TableFacts, ValueKind } from '../database/keyed-rows.ts';
import type { Sql, SqlValue } from '../database/sql.ts';
import { identifier, join, raw, sql } from '../database/sql.ts';
import { LockstepError } from '../errors.ts';
import { nameParts } from '../release/declared-change.ts';
import type { AnyTableMigration, MigrationRow } from './definition.ts';
import { valueOf } from './values.ts';

interface SelectedColumn {
  readonly column: ColumnFacts;
  readonly kind: ValueKind;
  /** Its name in the answer. */
  readonly as: string;
}

/** Rows behind a key, and the last one's key. */
export interface KeyedRows {
  readonly rows: readonly MigrationRow[];
  readonly last: readonly string[] | null;
  /** About how many bytes they have as text. */
  readonly bytes: number;
}

/** Finds a table by the name that a migration gives. Throws TABLE_UNFIT if there is none. */
export async function findTable(session: Pick<Session, 'tableFacts'>, name: string): Promise<TableFacts> {
  const parts = nameParts(name);
  const [first = '', second] = parts;
  const place = second === undefined ? { schema: '', name: first } : { schema: first, name: second };
  const table = parts.length > 2 ? undefined : await session.tableFacts(place);
  if (!table) throw unfit(name, 'there is no such table');
  if (table.obstacle !== undefined) throw unfit(name, table.obstacle);
  return table;
}

/** The column of a table. Throws TABLE_UNFIT if there is none. */
export function findColumn(table: TableFacts, name: string): ColumnFacts {
  const column = table.columns.get(name);
  if (!column) throw unfit(table.name, `it has no column ${name}`);
  return column;
}

/** The columns of a key that finds each row of the table, and none twice. Throws TABLE_UNFIT. */
export function findKey(table: TableFacts, key: string | readonly string[]): ColumnFacts[] {
  const names = typeof key === 'string' ? [key] : key;
  const columns = names.map((name) => findColumn(table, name));
  const open = columns.find(({ nullable }) => nullable);
  if (open) throw unfit(table.name, `the column ${open.name} of the key may be NULL`);
  const loose = columns.find(({ ordered }) => !ordered);
  if (loose) throw unfit(table.name, `the server does not sort ${loose.type} (${loose.name}) as it compares it`);
  if (table.uniqueKeys.some((unique) => unique.join('\0') === names.join('\0'))) return columns;
  const others = table.uniqueKeys.map((unique) => unique.join(', ')).join('; ');
  throw unfit(table.name, `no unique index is of ${names.join(', ')} (there is ${others === '' ? 'none' : others})`);
}

/** A table that is read by its key, checked against what is in the database. */
export class KeyedTable {
  readonly #session: Session;
  readonly #dialect: Dialect;
  readonly #table: TableFacts;
  readonly #key: readonly ColumnFacts[];
  readonly #columns: readonly SelectedColumn[];
  /** What is selected. */
  readonly #pieces: readonly string[];
  /** The names of the key's texts in the answer. */
  readonly #keyNames: readonly string[];
  readonly #where: Sql | undefined;

  private constructor(session: Session, dialect: Dialect, table: TableFacts, work: AnyTableMigration, where?: Sql) {
    this.#session = session;
    this.#dialect = dialect;
    this.#table = table;
    this.#key = findKey(table, work.key);
    this.#columns = selected(table, this.#key, work.select);
    // A column of the key that is asked for in another form is read twice.
    const keys = this.#key.map((column, at) => {
      const kind = column.kinds[0] ?? 'text';
      const same = this.#columns.find((each) => each.column === column && each.kind === kind);
      return same ?? { column, kind, as: `k${at}` };
    });
    this.#keyNames = keys.map(({ as }) => as);
    this.#pieces = [...new Set([...keys, ...this.#columns])].map(
      ({ column, kind, as }) => `${dialect.valueAs(column, kind)} AS ${as}`,
    );
    this.#where = where;
  }

  /** Throws TABLE_UNFIT when the table is not what the migration says. */
  static async open(session: Session, dialect: Dialect, work: AnyTableMigration, where?: Sql): Promise<KeyedTable> {
    return new KeyedTable(session, dialect, await findTable(session, work.table), work, where);
  }

  /** The next rows behind a key (null: from the first on), locked until the end of the transaction. */
  async read(after: readonly string[] | null, limit: number): Promise<KeyedRows> {
    const order = join(this.#key.map(({ name }) => identifier(name)));
    const found = await this.#session.query(sql`SELECT ${raw(this.#pieces.join(', '))} FROM ${this.#name()}
      ${this.#condition(after)} ORDER BY ${order} LIMIT ${raw(String(limit))} ${raw(this.#dialect.changeLock)}`);
    let bytes = 0;
    const rows = found.map((row) => {
      const values: Record<string, SqlValue> = {};
      for (const { column, kind, as } of this.#columns) {
        const text = row[as] ?? null;
        bytes += text?.length ?? 0;
        values[column.name] = valueOf(text, kind, column.name);
      }
      return values;
    });
    const last = found.at(-1);
    return { rows, bytes, last: last ? this.#keyNames.map((as) => last[as] ?? '') : null };
  }

  /** How many rows there are behind a key, as the server guesses. */
  async estimate(after: readonly string[] | null): Promise<number> {
    return this.#session.estimate(sql`SELECT 1 FROM ${this.#name()} ${this.#condition(after)}`);
  }

  #name(): ReturnType<typeof identifier> {
    return identifier(this.#table.schema, this.#table.name);
  }

  #condition(after: readonly string[] | null): Sql {
    const behind = after ? [sql`(${this.#dialect.afterKey(this.#key, after)})`] : [];
    const where = this.#where ? [sql`(${this.#where})`] : [];
    const all = [...behind, ...where];
    return all.length === 0 ? raw('') : sql`WHERE ${join(all, ' AND ')}`;
  }
}

/** The columns of the key, then the others. */
function selected(
  table: TableFacts,
  key: readonly ColumnFacts[],
  select: AnyTableMigration['select'],
): SelectedColumn[] {
  const asked = new Map<string, ValueKind | undefined>(key.map(({ name }) => [name, undefined]));
  const named = isList(select) ? select.filter((name) => !asked.has(name)).map((name) => [name, 'text'] as const) : [];
  for (const [name, kind] of isList(select) ? named : Object.entries(select)) asked.set(name, kind);
  return [...asked].map(([name, kind], at) => {
    const column = findColumn(table, name);
    const chosen = kind ?? column.kinds[0] ?? 'text';
    if (column.kinds.includes(chosen)) return { column, kind: chosen, as: `v${at}` };
    throw unfit(table.name, `${name} is ${column.type} and read as ${column.kinds.join(' or ')}, not as ${chosen}`);
  });
}

function isList(select: AnyTableMigration['select']): select is readonly string[] {
  return Array.isArray(select);
}

function unfit(table: string, reason: string): LockstepError {
  return new LockstepError('TABLE_UNFIT', { table, reason });
}
