import { baselineOf, isBaseline, isHidden } from '../release/baseline.ts';
import type { Migration } from '../release/migration-file.ts';
import type { Code } from '../release/releases.ts';
import type { Version } from '../release/version.ts';
import { canonicalVersion, compareVersions, parseVersion } from '../release/version.ts';
import type { AppliedMigration } from '../state/history.ts';
import { currentHistory } from '../state/history.ts';
import { isCurrent } from './pending.ts';

/** A row of the history with its state, by Flyway's names. */
export interface HistoryEntry extends AppliedMigration {
  readonly state: string;
}

/** A migration of the code that the database has not applied. */
export interface UnappliedMigration {
  readonly version: string;
  readonly description: string;
  /** `Pending`, `Below Baseline`, `Ignored (Baseline)` or `Ignored` (it comes too late). */
  readonly state: string;
}

/** Names the state of every row, as Flyway's `info` does. */
export function historyStates(code: Code, rows: readonly AppliedMigration[]): HistoryEntry[] {
  const counting = new Map(currentHistory(rows, code.migrations).map((row) => [row.rank, row]));
  const highest = code.migrations.findLast(({ version }) => version !== null)?.version ?? undefined;
  const files = new Map(code.migrations.map((migration) => [migration.key, migration]));
  let before: Version | undefined;
  return rows.map((row) => {
    const version = parseVersion(row.version ?? '');
    const current = counting.get(row.rank);
    const isLate = version !== undefined && before !== undefined && compareVersions(version, before) <= 0;
    if (current && version && !isLate) before = version;
    const state = current
      ? currentState(row, version, files.get(current.key), highest, isLate)
      : replacedState(row, version, rows);
    return { ...row, state };
  });
}

function currentState(
  row: AppliedMigration,
  version: Version | undefined,
  file: Migration | undefined,
  highest: Version | undefined,
  isLate: boolean,
): string {
  if (isBaseline(row)) return 'Baseline';
  if (!file) {
    const isFuture = version !== undefined && (!highest || compareVersions(version, highest) > 0);
    const where = isFuture ? 'Future' : 'Missing';
    return row.success ? where : `Failed (${where})`;
  }
  if (!row.success) return 'Failed';
  if (file.version === null) return isCurrent(file, row) ? 'Success' : 'Outdated';
  return isLate ? 'Out of Order' : 'Success';
}

/** The state of a row that later ones replace, delete or undo, and of those by which that is done. */
function replacedState(row: AppliedMigration, version: Version | undefined, rows: readonly AppliedMigration[]): string {
  if (row.type === 'SCHEMA' || row.type === 'DELETE' || row.type.startsWith('UNDO_')) return 'Success';
  const next = rows.find(
    (later) =>
      later.rank > row.rank &&
      (version ? sameVersion(version, later.version) : later.version === null && later.description === row.description),
  );
  if (next?.type === 'DELETE') return 'Deleted';
  return next?.type.startsWith('UNDO_') ? 'Undone' : 'Superseded';
}

function sameVersion(version: Version, text: string | null): boolean {
  const other = parseVersion(text ?? '');
  return other !== undefined && canonicalVersion(other) === canonicalVersion(version);
}

/** What the code has and the database has not applied, with the state that Flyway gives it. */
export function unappliedMigrations(code: Code, applied: readonly AppliedMigration[]): UnappliedMigration[] {
  const done = new Set(applied.filter((row) => !isBaseline(row)).map(({ key }) => key));
  const baseline = baselineOf(applied);
  const last = applied
    .flatMap(({ version }) => parseVersion(version ?? '') ?? [])
    .toSorted(compareVersions)
    .at(-1);
  const stateOf = (version: Version | null): string => {
    if (isHidden(version, baseline)) {
      return version && baseline && compareVersions(version, baseline) === 0 ? 'Ignored (Baseline)' : 'Below Baseline';
    }
    return version && last && compareVersions(version, last) < 0 ? 'Ignored' : 'Pending';
  };
  return code.migrations
    .filter(({ key }) => !done.has(key))
    .map(({ key, description, version }) => ({ version: key, description, state: stateOf(version) }));
}
