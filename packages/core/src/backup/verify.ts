import type { Database, Dialect, TableShape } from '../database/database.ts';
import { LockstepError } from '../errors.ts';
import type { RunOptions } from '../progress.ts';
import { rowsOf } from '../restore/load.ts';
import { refuseLongRow } from '../restore/long-row.ts';
import type { Archive } from './archive/reader.ts';
import type { TableResult } from './archive/table-of-contents.ts';
import { TableDigest } from './digest.ts';

export interface VerifyOptions extends RunOptions {
  /** Only the frames of these tables, by their labels; everything if left out. */
  readonly tables?: readonly string[] | undefined;
  /** The database that is to take the rows. */
  readonly target?: Database | undefined;
}

/**
 * Checks every byte of a backup, and that its rows are what its table of contents says: each data frame holds rows and
 * nothing else, and rows and digests of every table come out the same. Throws FILE_DAMAGED, and ROW_TOO_LARGE
 * where the target would not take a row.
 */
export async function verifyArchive(archive: Archive, dialect: Dialect, options: VerifyOptions = {}): Promise<void> {
  const { contents } = archive;
  const chosen = options.tables && new Set(options.tables);
  const tables = contents.tables.filter(({ name }) => chosen?.has(name) ?? true);
  const frames = [...contents.frames.keys()].filter(
    (index) => chosen?.has(contents.frames[index]?.table ?? '') ?? true,
  );
  const digests = new Map(tables.map((table) => [table.name, new TableDigest()]));
  const shapes = new Map(tables.map((table) => [table.name, tableOf(table)]));
  let done = 0;
  for await (const { entry, sql } of archive.read(frames, archive.parallel + 1)) {
    options.signal?.throwIfAborted();
    done += 1;
    await options.onProgress?.({ kind: 'count', what: 'frames checked', done, total: frames.length });
    if (entry.kind !== 'data') continue;
    const table = shapes.get(entry.table ?? '');
    if (!table) throw damaged(archive, `a frame is of the unknown table ${entry.table}`);
    const rows = rowsOf(dialect.rows, table, sql, archive.name);
    digests.get(table.label)?.add(rows);
    refuseLongRow(table, rows, options.target?.rowLimit?.(table));
  }
  for (const table of tables) {
    const found = digests.get(table.name)?.result();
    if (found?.rows === table.rows && found.digest === table.digest) continue;
    throw damaged(archive, `the rows of ${table.name} are not those that were counted`);
  }
}

/** A table as far as reading its rows needs it. */
export function tableOf(table: TableResult): TableShape {
  const { name: label, schema, tableName: name, columns } = table;
  return { label, schema, name, columns: columns.map((column) => ({ name: column, type: '' })) };
}

function damaged(archive: Archive, reason: string): LockstepError {
  return new LockstepError('FILE_DAMAGED', { file: archive.name, reason });
}
