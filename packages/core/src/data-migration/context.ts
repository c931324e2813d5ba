import type { Dialect, Session } from '../database/database.ts';
import type { TableFacts } from '../database/keyed-rows.ts';
import type { SqlValue } from '../database/sql.ts';
import { identifier, join, raw, sql } from '../database/sql.ts';
import type { MigrationContext } from '../migration.ts';
import type { RunOptions } from '../progress.ts';
import { note } from '../progress.ts';
import { findColumn, findTable } from './keyed-table.ts';

/** What is used of a session. */
export type WorkSession = Pick<Session, 'query' | 'run' | 'update' | 'tableFacts'>;

/** What a data migration gets to work with. Functions may be taken out of it. */
export function contextOf(session: WorkSession, dialect: Dialect, options: RunOptions): MigrationContext {
  const tables = new Map<string, TableFacts>();
  const tableOf = async (name: string): Promise<TableFacts> => {
    const known = tables.get(name) ?? (await findTable(session, name));
    tables.set(name, known);
    return known;
  };
  return {
    session,
    family: dialect.family,
    sql,
    identifier,
    join,
    raw,
    update: async (name, key, columns, rows) => {
      const table = await tableOf(name);
      const keys = typeof key === 'string' ? [key] : key;
      if (rows.length === 0 || columns.length === 0) return 0;
      return session.update({
        table,
        key: keys.map((column) => findColumn(table, column)),
        columns: columns.map((column) => findColumn(table, column)),
        rows: rows.map((row) => [...keys, ...columns].map((column) => valueIn(row, column))),
      });
    },
    log: (text) => void note(options, text),
  };
}

function valueIn(row: Readonly<Record<string, SqlValue>>, column: string): SqlValue {
  const value = row[column];
  if (value === undefined) throw new TypeError(`A row that is to be written back has no ${column}`);
  return value;
}
