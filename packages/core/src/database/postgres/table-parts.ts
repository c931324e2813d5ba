import type { TablePart, TableShape } from '../database.ts';
import { sql } from '../sql.ts';
import { arrayText, quote, quoteTable } from './quote.ts';
import { copyTarget } from './row-form.ts';
import type { PostgresSession } from './session.ts';

/** How large a table is. Large values stand elsewhere than its rows, in TOAST. */
export interface TableSize {
  /** With the large values; without indexes. */
  readonly bytes: number;
  /** Blocks of the rows alone. 0 if rows can't be asked for by their block. */
  readonly blocks: number;
}

const megabyte = 1024 * 1024;
/** A part below this size is not worth a statement of its own. */
const smallestPart = 16 * megabyte;
/** So that readers end at about the same time, and progress is seen. */
const largestPart = 1024 * megabyte;
const partsPerReader = 16;

/** The sizes of the schemas' tables by `schema.name`. */
export async function readSizes(
  session: PostgresSession,
  schemas: readonly string[],
): Promise<ReadonlyMap<string, TableSize>> {
  const rows = await session.query(sql`SELECT n.nspname AS schema, c.relname AS name,
      pg_catalog.pg_table_size(c.oid) AS bytes, CASE WHEN a.amname = 'heap' THEN pg_catalog.pg_relation_size(c.oid) /
      pg_catalog.current_setting('block_size')::bigint ELSE 0 END AS blocks
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam
    WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY (${arrayText(schemas)}::text[])`);
  return new Map(
    rows.map((row) => [
      `${row['schema']}.${row['name']}`,
      { bytes: Number(row['bytes']), blocks: Number(row['blocks']) },
    ]),
  );
}

/** The size of parts with which so many readers share out so many bytes evenly. */
export function partSize(bytes: number, readers: number): number {
  return Math.min(largestPart, Math.max(smallestPart, bytes / (readers * partsPerReader)));
}

/**
 * Cuts a table into ranges of blocks, of about `bytes` each with the large values of their rows. The last one has no
 * end. One part, without a range, if it is not larger.
 */
export function cutTable(size: TableSize, bytes: number): TablePart[] {
  const count = Math.min(size.blocks, Math.round(size.bytes / bytes));
  if (count <= 1) return [{ bytes: size.bytes, range: '' }];
  const bound = (index: number): string => `'(${Math.floor((index * size.blocks) / count)},0)'`;
  return Array.from({ length: count }, (_, index) => {
    const from = `ctid >= ${bound(index)}`;
    return { bytes: size.bytes / count, range: index === count - 1 ? from : `${from} AND ctid < ${bound(index + 1)}` };
  });
}

/** The statement that reads a part. A table that is read as a whole is spared the planner and the executor. */
export function copyStatement(table: TableShape, range: string): string {
  if (range === '') return `COPY ${copyTarget(table)} TO STDOUT`;
  const columns = table.columns.map((column) => quote(column.name)).join(', ');
  return `COPY (SELECT ${columns} FROM ONLY ${quoteTable(table)} WHERE ${range}) TO STDOUT`;
}
