import type { Snapshot, TableShape } from '../database/database.ts';
import type { RunOptions } from '../progress.ts';
import type { TableResult } from './archive/table-of-contents.ts';
import { TableDigest } from './digest.ts';

/** Reads tables in a snapshot and gives their rows and digests, in the order of the tables given. */
export async function digestTables(
  snapshot: Snapshot,
  tables: readonly TableShape[],
  options: RunOptions = {},
): Promise<TableResult[]> {
  const results: TableResult[] = [];
  for (const [index, table] of tables.entries()) {
    const digest = new TableDigest();
    for await (const rows of snapshot.read(table)) {
      options.signal?.throwIfAborted();
      digest.add(rows);
    }
    results.push({
      name: table.label,
      schema: table.schema,
      tableName: table.name,
      ...digest.result(),
      columns: table.columns.map(({ name }) => name),
    });
    await options.onProgress?.({ kind: 'count', what: 'tables', done: index + 1, total: tables.length });
  }
  return results;
}
