import type { Archive } from '../backup/archive/reader.ts';
import type { TableResult } from '../backup/archive/table-of-contents.ts';
import type { DigestResult } from '../backup/digest.ts';
import { TableDigest } from '../backup/digest.ts';
import { defaultJobs } from '../backup/default-jobs.ts';
import { digestTables } from '../backup/digest-tables.ts';
import { tableOf } from '../backup/verify.ts';
import type { Database, Dialect, TableShape } from '../database/database.ts';
import type { RunOptions } from '../progress.ts';
import type { DeclaredChange } from '../release/declared-change.ts';
import { isDeclared } from '../release/declared-change.ts';
import { rowsOf } from '../restore/load.ts';

export interface Comparison {
  /** Tables that were compared, with the columns. */
  readonly equal: readonly { readonly table: string; readonly rows: number; readonly columns: number }[];
  /** Tables and columns that migrations declare to change. */
  readonly declared: readonly string[];
  /** What changed although no migration declares it. */
  readonly undeclared: readonly string[];
}

/**
 * Compares a database after an upgrade with the backup from before: tables and columns that no migration declares to
 * change must be equal by digest, over the columns that exist before and after. Rows of tables that lost or declared
 * columns are hashed again from the file, cut down to the columns that are left.
 */
export async function compareUpgrade(
  database: Database,
  schemas: readonly string[],
  archive: Archive,
  changes: readonly DeclaredChange[],
  options: RunOptions,
): Promise<Comparison> {
  const equal: { table: string; rows: number; columns: number }[] = [];
  const declared: string[] = [];
  const undeclared: string[] = [];
  const snapshot = await database.snapshot(schemas, { readers: defaultJobs() });
  try {
    const live = new Map(snapshot.shape.tables.map((table) => [table.label, table]));
    for (const before of archive.contents.tables) {
      const after = live.get(before.name);
      const shape = tableOf(before);
      if (isDeclared(changes, shape)) {
        declared.push(before.name);
        continue;
      }
      if (!after) {
        undeclared.push(`table ${before.name} is gone`);
        continue;
      }
      const kept = keptColumns(before, after, shape, changes, declared, undeclared);
      const expected = await digestOfFile(database.dialect, archive, before, shape, kept);
      const columns = after.columns.filter((column) => kept.includes(column.name));
      const [found] = await digestTables(snapshot, [{ ...after, columns }], { signal: options.signal });
      if (found?.rows !== expected.rows) {
        undeclared.push(`table ${before.name} has ${found?.rows} rows instead of ${expected.rows}`);
      } else if (kept.length > 0 && found.digest !== expected.digest) {
        undeclared.push(`table ${before.name} has other content in ${kept.join(', ')}`);
      } else {
        equal.push({ table: before.name, rows: expected.rows, columns: kept.length });
      }
    }
  } finally {
    await snapshot.close();
  }
  return { equal, declared, undeclared };
}

function keptColumns(
  before: TableResult,
  after: TableShape,
  shape: TableShape,
  changes: readonly DeclaredChange[],
  declared: string[],
  undeclared: string[],
): string[] {
  const names = new Set(after.columns.map(({ name }) => name));
  return before.columns.filter((column) => {
    if (isDeclared(changes, shape, column)) {
      declared.push(`${before.name}.${column}`);
      return false;
    }
    if (!names.has(column)) undeclared.push(`column ${before.name}.${column} is gone`);
    return names.has(column);
  });
}

async function digestOfFile(
  dialect: Dialect,
  archive: Archive,
  before: TableResult,
  shape: TableShape,
  kept: readonly string[],
): Promise<DigestResult> {
  if (kept.length === before.columns.length) return before;
  if (kept.length === 0) return { rows: before.rows, digest: '' };
  const positions = before.columns.flatMap((column, index) => (kept.includes(column) ? [index] : []));
  const digest = new TableDigest();
  for await (const { sql } of archive.framesOf(before.name)) {
    digest.add(dialect.rows.project(rowsOf(dialect.rows, shape, sql, archive.name), positions));
  }
  return digest.result();
}
