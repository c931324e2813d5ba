import { raw, sql } from '../database/sql.ts';
import type { Sql } from '../database/sql.ts';
import type { Migration } from '../release/migration-file.ts';
import { canonicalVersion, parseVersion } from '../release/version.ts';
import { withoutSteps } from './step.ts';
import type { Home, Place } from './tables.ts';
import { ownTable, presentTables } from './tables.ts';

/** A row of Flyway's history that counts: the latest of a version or of a repeatable migration. */
export interface AppliedMigration {
  readonly rank: number;
  /** The version's text, or `R__description`; as the code names it where it has this migration. */
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

/** A code's migrations, to name rows by: Flyway may have written `1.0` or `01` for the file `V1`. */
export type KnownMigrations = readonly Pick<Migration, 'key' | 'version' | 'description'>[];

/** The history in the order in which it was written, without what later rows replace or delete. */
export async function readHistory(home: Home, known: KnownMigrations = []): Promise<AppliedMigration[]> {
  return currentHistory(await readHistoryRows(home), known);
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

/** The rows that count: the latest of each version and of each repeatable migration, unless it was deleted or undone. */
export function currentHistory<
  Entry extends { readonly version: string | null; readonly description: string; readonly type: string },
>(rows: readonly Entry[], known: KnownMigrations = []): (Entry & { readonly key: string })[] {
  const names = new Map(known.map((migration) => [identityOf(migration.version?.text ?? null, migration), migration]));
  const latest = new Map<string, Entry & { readonly key: string }>();
  for (const row of rows) {
    const identity = identityOf(row.version, row);
    // Flyway's repair takes every TypeScript migration for one whose file is gone. Nor can Flyway run it again.
    if (row.type === 'DELETE' && latest.get(identity)?.type === 'CUSTOM' && names.has(identity)) continue;
    latest.delete(identity);
    const key = names.get(identity)?.key ?? historyKey(row.version, row.description);
    if (!isRemoval(row.type)) latest.set(identity, { ...row, key });
  }
  return [...latest.values()];
}

/** Rows by which Flyway marks an earlier one as deleted or undone, and the one of a schema that it has made. */
function isRemoval(type: string): boolean {
  return type === 'DELETE' || type === 'SCHEMA' || type.startsWith('UNDO_');
}

/** How a history row names its migration: the version's text, or `R__description`. */
function historyKey(version: string | null, description: string): string {
  return version === null ? `R__${description}` : (parseVersion(version)?.text ?? version);
}

/** The same for every way to write a version, and for a description that was shortened to fit its column. */
function identityOf(version: string | null, { description }: { readonly description: string }): string {
  if (version === null) return `R__${abbreviate(description, 200)}`;
  const parsed = parseVersion(version);
  return parsed ? canonicalVersion(parsed) : version;
}

/**
 * Writes the row of a migration that is done, such that Flyway can read it: its types, its shortened texts, and the
 * database's user. Part of the migration's transaction where there is one.
 */
export async function recordApplied(
  home: Home,
  migration: Pick<Migration, 'version' | 'description' | 'script' | 'checksum' | 'language'>,
  milliseconds: number,
): Promise<void> {
  await home.session.run(appliedRow(home, migration, milliseconds));
}

/** What is written of one that has just run, whose progress goes with it. */
export function runRecord(home: Home, migration: Migration, milliseconds: number): Sql[] {
  return [appliedRow(home, migration, milliseconds), withoutSteps(home, migration.key)];
}

/** The statement that writes it. */
export function appliedRow(
  home: Place,
  migration: Pick<Migration, 'version' | 'description' | 'script' | 'checksum' | 'language'>,
  milliseconds: number,
): Sql {
  const type = migration.language === 'sql' ? 'SQL' : 'CUSTOM';
  const history = ownTable(home, 'flyway_schema_history');
  return sql`INSERT INTO ${history}
    (installed_rank, version, description, type, script, checksum, installed_by, execution_time, success)
    VALUES ((SELECT one FROM (SELECT COALESCE(MAX(installed_rank), 0) + 1 AS one FROM ${history}) AS following),
      ${migration.version?.text ?? null},
      ${abbreviate(migration.description, 200)}, ${type}, ${abbreviateScript(migration.script)},
      ${migration.checksum}, ${raw(home.dialect.currentUser)}, ${Math.round(milliseconds)}, ${true})`;
}

/** Flyway's own rule for texts that are longer than their column. */
function abbreviate(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 3)}...`;
}

function abbreviateScript(text: string): string {
  return text.length <= 1000 ? text : `...${text.slice(3, 1000)}`;
}
