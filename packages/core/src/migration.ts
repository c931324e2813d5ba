/**
 * What a TypeScript migration may use. It imports nothing else but Node's own modules, so that later code cannot
 * change what it does.
 *
 * @example
 * // V1.1.0.2__tidy_names.ts
 * // lockstep: changes shop.name
 * import { defineDataMigration } from '@lockstep/core/migration';
 *
 * export default defineDataMigration({
 *   table: 'shop',
 *   key: 'id',
 *   select: ['name'],
 *   async batch(rows, { update }) {
 *     const tidy = rows.map((row) => ({ ...row, name: row.name?.trim() ?? null }));
 *     await update('shop', 'id', ['name'], tidy);
 *   },
 * });
 */
import type { Family, Row } from './database/database.ts';
import type { ValueKind } from './database/keyed-rows.ts';
import type { Sql, SqlValue } from './database/sql.ts';
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
  /**
   * Gives many rows new values by one statement, and returns how many were found. Each row holds its key and the
   * columns that are to be changed; what else it holds is left alone. A text is taken as the server would read it.
   *
   * @example
   * await update('shop', ['tenant', 'id'], ['name'], [{ tenant: '1', id: '7', name: 'lamp' }]);
   */
  update(
    table: string,
    key: string | readonly string[],
    columns: readonly string[],
    rows: readonly Readonly<Record<string, SqlValue>>[],
  ): Promise<number>;
  /** A line for the operator. */
  log(text: string): void;
}

/** How columns are read, by their names. */
export type Selection = Readonly<Record<string, ValueKind>>;

interface Values {
  readonly text: string;
  readonly bigint: bigint;
  readonly boolean: boolean;
  readonly bytes: Buffer;
}

/** A row of a selection. The columns of the key are there too. */
export type SelectedRow<Columns extends Selection> = {
  readonly [Name in keyof Columns]: Values[Columns[Name]] | null;
};

/** A row whose values are texts. */
export type TextRow = Readonly<Record<string, string | null>>;

/** A table that is gone through by its key. */
export interface TableMigration<SelectedAs, SomeRow> {
  /** Its name, with its schema where that is not the first one: `shop`, `audit.event`. */
  readonly table: string;
  /** The columns of a unique index, all NOT NULL, in its order. What a batch does must not change them. */
  readonly key: string | readonly string[];
  /** The columns that are read beside the key: a list of names for texts, or a kind for each name. */
  readonly select: SelectedAs;
  /** A condition that rows have to meet. */
  where?(context: MigrationContext): Sql;
  /**
   * Works on the next rows in the order of the key, which are locked until its end, inside of a transaction that also
   * saves how far it is. The number of rows follows the time that batches take.
   */
  batch(rows: readonly SomeRow[], context: MigrationContext): Promise<void>;
  /** Throws when the work is not what it should be. Runs after the last batch; the error fails the migration. */
  verify?(context: MigrationContext): Promise<void>;
}

/** A migration that says for itself what a batch is. */
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
export function defineDataMigration(
  migration: TableMigration<readonly string[], TextRow>,
): TableMigration<readonly string[], TextRow>;
export function defineDataMigration<const Columns extends Selection>(
  migration: TableMigration<Columns, SelectedRow<Columns>>,
): TableMigration<Columns, SelectedRow<Columns>>;
export function defineDataMigration(migration: DataMigration): DataMigration;
export function defineDataMigration(migration: unknown): unknown {
  return migration;
}

export type { Family, Row, Sql, SqlValue, ValueKind };
