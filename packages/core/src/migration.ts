/**
 * What a TypeScript migration may use. It imports nothing else but Node's own modules, so that later code cannot
 * change what it does.
 *
 * @example
 * // V1.1.0.2__fill_hash.ts
 * // lockstep: changes shop.hash
 * import { defineDataMigration } from '@lockstep/core/migration';
 *
 * export default defineDataMigration({
 *   async batch({ session, sql }, cursor) {
 *     const rows = await session.query(sql`SELECT id FROM shop WHERE id > ${cursor ?? ''} ORDER BY id LIMIT 1000`);
 *     ...
 *     return rows.at(-1)?.id ?? null;
 *   },
 * });
 */
import type { Family, Row } from './database/database.ts';
import type { Sql } from './database/sql.ts';
import type { identifier, join, raw, sql } from './database/sql.ts';

export interface MigrationSession {
  /** Rows of text values by column name. */
  query(statement: Sql): Promise<Row[]>;
  /** Runs a statement and returns the number of rows that it changed. */
  run(statement: Sql): Promise<number>;
}

export interface MigrationContext {
  readonly session: MigrationSession;
  readonly family: Family;
  readonly sql: typeof sql;
  readonly identifier: typeof identifier;
  readonly join: typeof join;
  readonly raw: typeof raw;
  /** A line for the operator. */
  log(text: string): void;
}

export interface DataMigration {
  /**
   * Does one batch inside of a transaction, which also saves the cursor that is returned. The next batch gets that
   * cursor, in this run or, after a crash, in the next one. Null ends the migration. The first batch gets null.
   */
  batch(context: MigrationContext, cursor: string | null): Promise<string | null>;
  /** Throws when the work is not what it should be. Runs after the last batch; the error fails the migration. */
  verify?(context: MigrationContext): Promise<void>;
}

/** Declares a data migration. It only gives the object its type. */
export function defineDataMigration(migration: DataMigration): DataMigration {
  return migration;
}

export type { Family, Row, Sql };
