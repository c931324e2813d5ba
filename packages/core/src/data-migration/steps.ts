import { LockstepError } from '../errors.ts';
import type { DataMigration, MigrationContext } from '../migration.ts';
import type { RunOptions } from '../progress.ts';
import { BatchSize } from './batch-size.ts';
import type { AnyTableMigration } from './definition.ts';
import { isTableMigration } from './definition.ts';
import { KeyedTable } from './keyed-table.ts';
import type { Dialect, Session } from '../database/database.ts';

/** A data migration as a row of batches, one a transaction. */
export interface Steps {
  /**
   * Does the batch behind a cursor and returns the next cursor; null at the end. With `most`, not more rows than that
   * are read in all, if the rows are known here.
   */
  batch(cursor: string | null, most?: number): Promise<string | null>;
  /** The last batch is committed, and took so long. */
  committed(milliseconds: number): Promise<void>;
  verify(): Promise<void>;
  /** Rows that were read so far, by the runs before as well; undefined where only the migration knows. */
  readonly rows: number | undefined;
  /** How many rows the server guesses that there are in all, once the first batch is done. */
  readonly expected: number | undefined;
}

/** Prepares a migration for this database. Throws TABLE_UNFIT. */
export async function openSteps(
  work: AnyTableMigration | DataMigration,
  place: { readonly session: Session; readonly dialect: Dialect; readonly batchMilliseconds: number },
  context: MigrationContext,
  options: RunOptions,
): Promise<Steps> {
  if (isTableMigration(work)) {
    const table = await KeyedTable.open(place.session, place.dialect, work, work.where?.(context));
    return new TableSteps(work, table, context, options, new BatchSize(place.batchMilliseconds));
  }
  return {
    batch: (cursor) => work.batch(context, cursor),
    committed: async () => {},
    verify: async () => work.verify?.(context),
    rows: undefined,
    expected: undefined,
  };
}

/** Goes through a table by its key. A cursor is JSON: the last key that is done, and the number of rows so far. */
class TableSteps implements Steps {
  readonly #work: AnyTableMigration;
  readonly #table: KeyedTable;
  readonly #context: MigrationContext;
  readonly #options: RunOptions;
  readonly #size: BatchSize;
  #read = { rows: 0, bytes: 0 };
  rows = 0;
  expected: number | undefined;

  constructor(
    work: AnyTableMigration,
    table: KeyedTable,
    context: MigrationContext,
    options: RunOptions,
    size: BatchSize,
  ) {
    this.#work = work;
    this.#table = table;
    this.#context = context;
    this.#options = options;
    this.#size = size;
  }

  async batch(text: string | null, most = Infinity): Promise<string | null> {
    const cursor = readCursor(text);
    this.rows = cursor.rows;
    this.expected ??= cursor.rows + (await this.#table.estimate(cursor.after));
    const { rows, last, bytes } = await this.#table.read(cursor.after, Math.min(this.#size.rows, most - cursor.rows));
    this.#read = { rows: rows.length, bytes };
    if (last === null) return null;
    await this.#work.batch(rows, this.#context);
    return JSON.stringify({ after: last, rows: cursor.rows + rows.length });
  }

  async committed(milliseconds: number): Promise<void> {
    this.rows += this.#read.rows;
    this.#size.note({ ...this.#read, milliseconds });
    const isEnd = this.#read.rows === 0;
    const total = isEnd ? this.rows : Math.max(this.expected ?? 0, this.rows);
    await this.#options.onProgress?.({ kind: 'count', what: `Rows of ${this.#work.table}`, done: this.rows, total });
  }

  async verify(): Promise<void> {
    await this.#work.verify?.(this.#context);
  }
}

function readCursor(text: string | null): { readonly after: readonly string[] | null; readonly rows: number } {
  if (text === null) return { after: null, rows: 0 };
  const json: unknown = JSON.parse(text);
  if (typeof json === 'object' && json && 'after' in json && 'rows' in json && Array.isArray(json.after)) {
    return { after: json.after.map(String), rows: Number(json.rows) };
  }
  throw new LockstepError('INTERNAL', { reason: `the saved cursor ${text} is none of a table` });
}
