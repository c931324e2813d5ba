import { LockstepError } from '../errors.ts';
import type { Migration } from '../release/migration-file.ts';
import { baselineOf, isBaseline, isHidden } from '../release/baseline.ts';
import type { Code } from '../release/releases.ts';
import { migrationsUpTo } from '../release/releases.ts';
import { compareVersions, parseVersion, releaseName } from '../release/version.ts';
import type { AppliedMigration } from '../state/history.ts';

/**
 * What is still to be run to bring a database to a release, in order: versioned migrations, then (at the code's own
 * release) the repeatable ones that are new or have changed.
 * Throws HISTORY_FAILED, MIGRATION_MISSING, CHECKSUM_MISMATCH and MIGRATION_OUT_OF_ORDER.
 */
export function pendingMigrations(code: Code, applied: readonly AppliedMigration[], to: string): Migration[] {
  checkApplied(code, applied);
  const done = new Map(applied.map((row) => [row.key, row]));
  const baseline = baselineOf(applied);
  if (applied.length === 0) refuseGone(code);
  const versioned = migrationsUpTo(code, to).filter(
    ({ key, version }) => !done.has(key) && !isHidden(version, baseline),
  );
  refuseOutOfOrder(versioned, applied);
  if (to !== code.product.version) return versioned;
  const repeatable = code.migrations.filter(
    (migration) => migration.version === null && !isCurrent(migration, done.get(migration.key)),
  );
  return [...versioned, ...repeatable];
}

/**
 * A baseline migration is not run: what it stands for is. Where that is not in the code any more, an empty database
 * would get another shape than the one that the baseline makes.
 */
function refuseGone(code: Code): void {
  for (const { kind, version, script } of code.idle) {
    if (kind !== 'baseline' || version === null) continue;
    if (code.migrations.some((migration) => isHidden(migration.version, version))) continue;
    throw new LockstepError('BASELINE_FILE_NEEDED', { script, version: version.text });
  }
}

/** A repeatable migration that ran as it is now. As with Flyway, its file's own checksum counts as well. */
export function isCurrent(migration: Migration, row: Pick<AppliedMigration, 'checksum'> | undefined): boolean {
  return row?.checksum === migration.checksum || row?.checksum === migration.fileChecksum;
}

/** Everything that the database has applied must be in the code, unchanged, and nothing may have failed in it. */
export function checkApplied(code: Code, applied: readonly AppliedMigration[]): void {
  const known = new Map(code.migrations.map((migration) => [migration.key, migration]));
  const baseline = baselineOf(applied);
  for (const row of applied) {
    const migration = known.get(row.key);
    if (!row.success) throw failed(row);
    if (isBaseline(row) || isHidden(parseVersion(row.version ?? '') ?? null, baseline)) continue;
    if (!migration) {
      // A repeatable migration that was taken out of the code leaves nothing to be wrong about.
      if (row.version === null) continue;
      throw new LockstepError('MIGRATION_MISSING', { version: row.key, script: row.script, release: releaseOf(row) });
    }
    if (migration.version === null || row.checksum === null) continue;
    if (row.checksum === migration.checksum) continue;
    throw new LockstepError('CHECKSUM_MISMATCH', {
      version: row.key,
      applied: row.checksum,
      file: migration.file,
      found: migration.checksum,
    });
  }
}

function releaseOf(row: AppliedMigration): string {
  const version = parseVersion(row.version ?? '');
  return version ? releaseName(version) : row.key;
}

function failed(row: AppliedMigration): LockstepError {
  const { key, script, installedOn, rank } = row;
  return new LockstepError('HISTORY_FAILED', { version: key, script, installedOn, rank });
}

function refuseOutOfOrder(pending: readonly Migration[], applied: readonly AppliedMigration[]): void {
  const versions = applied.flatMap((row) => (row.version === null ? [] : (parseVersion(row.version) ?? [])));
  const highest = versions.toSorted(compareVersions).at(-1);
  const late = pending.find(({ version }) => version && highest && compareVersions(version, highest) < 0);
  if (!late || !highest) return;
  throw new LockstepError('MIGRATION_OUT_OF_ORDER', { version: late.key, current: highest.text });
}
