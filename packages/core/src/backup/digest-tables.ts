import type { Snapshot, TableShape } from '../database/database.ts';
import type { RunOptions } from '../progress.ts';
import type { TableResult } from './archive/table-of-contents.ts';
import { TableDigest } from './digest.ts';
import { readParts } from './read-parts.ts';

/** Reads tables in a snapshot and gives their rows and digests, in the order of the tables given. */
export async function digestTables(
  snapshot: Snapshot,
  tables: readonly TableShape[],
  options: RunOptions = {},
): Promise<TableResult[]> {
  const digests = new Map(tables.map((table) => [table, new TableDigest()]));
  await readParts(
    snapshot,
    tables,
    async ({ table, rows }) => {
      for await (const chunk of rows) digests.get(table)?.add(chunk);
    },
    options,
  );
  return [...digests].map(([table, digest]) => resultOf(table, digest));
}

export function resultOf(table: TableShape, digest: TableDigest): TableResult {
  const { label, schema, name: tableName, columns } = table;
  return { name: label, schema, tableName, ...digest.result(), columns: columns.map(({ name }) => name) };
}
