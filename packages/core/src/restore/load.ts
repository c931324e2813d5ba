import type { Archive } from '../backup/archive/reader.ts';
import type { Dialect, TableShape } from '../database/database.ts';
import { LockstepError } from '../errors.ts';
import type { RunOptions } from '../progress.ts';
import { phase } from '../progress.ts';
import type { Home } from '../state/tables.ts';

/** Loads every data frame over the wire, one transaction a frame. The tables are empty and without foreign keys. */
export async function loadTables(
  home: Home,
  archive: Archive,
  tables: readonly TableShape[],
  options: RunOptions,
): Promise<void> {
  const byLabel = new Map(tables.map((table) => [table.label, table]));
  const total = archive.contents.tables.reduce((sum, table) => sum + table.rows, 0);
  let done = 0;
  for await (const { entry, sql } of archive.frames('data')) {
    const table = byLabel.get(entry.table ?? '');
    if (!table) throw new LockstepError('INTERNAL', { reason: `the shape has no table ${entry.table}` });
    const rows = rowsOf(home.dialect, table, sql, archive.name);
    await phase(options, 'restore:load');
    const loaded = await home.session.transaction(() => home.session.load(table, rows));
    if (loaded !== entry.rows) {
      throw new LockstepError('RESTORE_DIFFERS', {
        differences: `${table.label}: a frame of ${entry.rows} rows gave ${loaded}`,
      });
    }
    done += loaded;
    await options.onProgress?.({ kind: 'count', what: 'rows', done, total });
  }
}

/** The rows of a data frame. Throws FILE_DAMAGED, with the file's name, if there is anything else in it. */
export function rowsOf(dialect: Dialect, table: TableShape, sql: Buffer, file: string): Buffer {
  try {
    return dialect.rows.unwrap(table, sql);
  } catch (error) {
    if (!(error instanceof LockstepError) || error.code !== 'FILE_DAMAGED') throw error;
    throw new LockstepError('FILE_DAMAGED', { file, reason: error.details['reason'] ?? '' }, { cause: error });
  }
}
