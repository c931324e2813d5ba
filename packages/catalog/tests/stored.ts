import { homeOf, identifier, sql } from '@lockstep/core';
import type { Database, Row, Session } from '@lockstep/core';
import { catalogProduct } from '#catalog/index.js';

const { schemas } = catalogProduct;

/** Lends a session of the catalog's schemas. */
export async function inSession<T>(database: Database, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await database.session({ schemas });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

/** These columns of all rows of a table, in an order of their own. */
export async function storedRows(database: Database, table: string, columns: readonly string[]): Promise<Row[]> {
  const rows = await inSession(database, (session) => session.query(sql`SELECT * FROM ${identifier(table)}`));
  const chosen = rows.map((row) => Object.fromEntries(columns.map((name) => [name, row[name] ?? null])));
  return inOrder(chosen);
}

/** The same with their JSON parsed: MariaDB stores it as text, and its functions write it with other blanks. */
export async function storedDocuments(
  database: Database,
  table: string,
  columns: readonly string[],
): Promise<object[]> {
  const rows = await storedRows(database, table, columns);
  return inOrder(rows.map((row) => ({ ...row, json: JSON.parse(row['json'] ?? 'null') })));
}

/** Changes the state row behind Lockstep's back. */
export async function setState(database: Database, column: string, value: string | number): Promise<void> {
  await inSession(database, (session) => {
    const { schema } = homeOf(session, database.dialect, schemas);
    return session.run(sql`UPDATE ${identifier(schema, 'lockstep_state')} SET ${identifier(column)} = ${value}`);
  });
}

function inOrder<T extends object>(rows: readonly T[]): T[] {
  const keyed = rows.map((row) => ({ row, key: JSON.stringify(row) }));
  return keyed.toSorted((one, other) => (one.key < other.key ? -1 : 1)).map(({ row }) => row);
}
