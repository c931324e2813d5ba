import type { Database, Dialect, Session } from '../database/database.ts';
import { identifier, join, raw, sql } from '../database/sql.ts';
import type { Identifier, Sql } from '../database/sql.ts';
import { ownTableNames } from './names.ts';
import type { OwnTableName } from './names.ts';

/** A connection together with the place of Lockstep's own tables. */
export interface Home {
  readonly session: Session;
  readonly dialect: Dialect;
  /** The schema of the tables; '' where the database is the only one. */
  readonly schema: string;
}

export function homeOf(session: Session, dialect: Dialect, schemas: readonly string[]): Home {
  return { session, dialect, schema: dialect.homeSchema(schemas) };
}

/** Works on a connection of its own, which is closed at the end. */
export async function withHome<T>(
  database: Database,
  purpose: string,
  schemas: readonly string[],
  work: (home: Home) => Promise<T>,
): Promise<T> {
  const session = await database.session({ purpose, schemas });
  try {
    return await work(homeOf(session, database.dialect, schemas));
  } finally {
    await session.close();
  }
}

/** Where Lockstep's own tables are, without a connection. */
export type Place = Pick<Home, 'dialect' | 'schema'>;

export function ownTable(home: Place, name: OwnTableName): Identifier {
  return identifier(home.schema, name);
}

/** The database's clock as text: UTC, microseconds, fixed width. */
export function clock(home: Place): Sql {
  return raw(home.dialect.clock);
}

/** Which of Lockstep's own tables are there. */
export async function presentTables(home: Home): Promise<ReadonlySet<string>> {
  const place = home.schema === '' ? raw('DATABASE()') : sql`${home.schema}`;
  const rows = await home.session.query(sql`SELECT table_name AS name FROM information_schema.tables
    WHERE table_schema = ${place} AND table_name IN (${join([...ownTableNames])})`);
  return new Set(rows.flatMap((row) => row['name'] ?? []));
}

/** Makes the own tables that are missing, and the schema that they stand in, as Flyway does. */
export async function createOwnTables(home: Home): Promise<void> {
  const { session, schema } = home;
  // Asked for first: CREATE SCHEMA IF NOT EXISTS needs its privilege even where there is nothing to make.
  const found = await session.query(sql`SELECT 1 AS found FROM information_schema.schemata
    WHERE schema_name = ${schema} OR ${schema} = ''`);
  if (found.length === 0) await session.run(sql`CREATE SCHEMA ${identifier(schema)}`);
  for (const statement of home.dialect.ownTables(schema)) await session.execute(statement);
}
