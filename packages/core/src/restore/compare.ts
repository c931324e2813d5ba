import type { TableResult } from '../backup/archive/table-of-contents.ts';
import { digestTables } from '../backup/digest-tables.ts';
import type { Database } from '../database/database.ts';
import { LockstepError } from '../errors.ts';
import type { RunOptions } from '../progress.ts';
import { defaultSessions } from './crew.ts';
import { fingerprint } from '../shape/fingerprint.ts';

/**
 * Reads everything back and compares it with what the backup says. Returns what was read.
 * Throws RESTORE_DIFFERS, naming the tables.
 */
export async function compareWithBackup(
  database: Database,
  schemas: readonly string[],
  expected: { readonly fingerprint: string; readonly tables: readonly TableResult[] },
  options: RunOptions & { readonly jobs?: number | undefined },
): Promise<TableResult[]> {
  const snapshot = await database.snapshot(schemas, { readers: options.jobs ?? defaultSessions() });
  try {
    const found = await digestTables(snapshot, snapshot.shape.tables, options);
    const differences = differencesOf(expected.tables, found);
    if (fingerprint(snapshot.shape) !== expected.fingerprint) differences.push('the shape');
    if (differences.length > 0) throw new LockstepError('RESTORE_DIFFERS', { differences: differences.join('; ') });
    return found;
  } finally {
    await snapshot.close();
  }
}

function differencesOf(expected: readonly TableResult[], found: readonly TableResult[]): string[] {
  const byName = new Map(found.map((table) => [table.name, table]));
  const differences = expected.flatMap((table) => {
    const other = byName.get(table.name);
    byName.delete(table.name);
    if (!other) return [`${table.name} is missing`];
    if (other.rows !== table.rows) return [`${table.name} has ${other.rows} rows instead of ${table.rows}`];
    return other.digest === table.digest ? [] : [`${table.name} has other content`];
  });
  return [...differences, ...[...byName.keys()].map((name) => `${name} is not in the backup`)];
}
