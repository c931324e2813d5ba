import { sql } from '../database/sql.ts';
import type { Migration } from '../release/migration-file.ts';
import { parseVersion } from '../release/version.ts';
import type { Home } from './tables.ts';
import { ownTable, presentTables } from './tables.ts';

/** A row of Flyway's history that counts: the latest of a version or of a repeatable migration. */
export interface AppliedMigration {
  readonly rank: number;
  /** The version's text, or `R__description`. */
  readonly key: string;
  readonly version: string | null;
  readonly description: string;
  readonly type: string;
  readonly script: string;
  readonly checksum: number | null;
  readonly installedBy: string;
  readonly installedOn: string;
  /** Milliseconds. */
  readonly executionTime: number;
  readonly success: boolean;
}

/** The history in the order in which it was written, without what later rows replace or delete. */
export async function readHistory(home: Home): Promise<AppliedMigration[]> {
  return currentHistory(await readHistoryRows(home));
}

/** Every row of the history table, in the order of the ranks. */
export async function readHistoryRows(home: Home): Promise<AppliedMigration[]> {
  if (!(await presentTables(home)).has('flyway_schema_history')) return [];
  const rows = await home.session.query(sql`SELECT installed_rank, version, description, type, script, checksum,
    installed_by, installed_on, execution_time, success
    FROM ${ownTable(home, 'flyway_schema_history')} ORDER BY installed_rank`);
  return rows.map((row) => {
    const version = row['version'] ?? null;
    const description = row['description'] ?? '';
    const checksum = row['checksum'] ?? null;
    return {
      rank: Number(row['installed_rank']),
      key: historyKey(version, description),
      version,
      description,
      type: row['type'] ?? '',
      script: row['script'] ?? '',
      checksum: checksum === null ? null : Number(checksum),
      installedBy: row['installed_by'] ?? '',
      installedOn: row['installed_on'] ?? '',
      executionTime: Number(row['execution_time']),
      success: ['t', 'true', '1'].includes(row['success'] ?? ''),
    };
  });
}

/** The rows that count: the latest of each version and of each repeatable migration. */
export function currentHistory<
  Entry extends { readonly version: string | null; readonly description: string; readonly type: string },
>(rows: readonly Entry[]): Entry[] {
  const latest = new Map<string, Entry>();
  for (const row of rows) {
    const key = historyKey(row.version, row.description);
    latest.delete(key);
    if (row.type !== 'DELETE' && row.type !== 'SCHEMA') latest.set(key, row);
  }
  return [...latest.values()];
}

/** How a history row names its migration: the version's text, or `R__description`. */
export function historyKey(version: string | null, description: string): string {
  return version === null ? `R__${description}` : (parseVersion(version)?.text ?? version);
}

/** Writes the row of a migration that is done. Part of the migration's transaction where there is one. */
export async function recordApplied(
  home: Home,
  migration: Pick<Migration, 'version' | 'description' | 'script' | 'checksum' | 'language'>,
  by: string,
  milliseconds: number,
  type = migration.language === 'sql' ? 'SQL' : 'CUSTOM',
): Promise<void> {
  const history = ownTable(home, 'flyway_schema_history');
  const [last] = await home.session.query(sql`SELECT COALESCE(MAX(installed_rank), 0) AS last FROM ${history}`);
  await home.session.run(sql`INSERT INTO ${history}
    (installed_rank, version, description, type, script, checksum, installed_by, execution_time, success)
    VALUES (${Number(last?.['last'] ?? 0) + 1}, ${migration.version?.text ?? null},
      ${abbreviate(migration.description, 200)}, ${type}, ${abbreviateScript(migration.script)},
      ${migration.checksum}, ${by.slice(0, 100)}, ${Math.round(milliseconds)}, ${true})`);
}

/** Flyway's own rule for texts that are longer than their column. */
function abbreviate(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 3)}...`;
}

function abbreviateScript(text: string): string {
  return text.length <= 1000 ? text : `...${text.slice(3, 1000)}`;
}
