import type { AppliedMigration } from '../state/history.ts';
import type { Version } from './version.ts';
import { compareVersions, parseVersion } from './version.ts';

/** A row by which Flyway says that a database began at a version, whatever was done to it before. */
export function isBaseline(row: Pick<AppliedMigration, 'type'>): boolean {
  return row.type === 'BASELINE' || row.type.endsWith('_BASELINE');
}

/** The version that a database began at, by its history. Undefined where it began empty. */
export function baselineOf(applied: readonly Pick<AppliedMigration, 'type' | 'version'>[]): Version | undefined {
  return applied
    .filter(isBaseline)
    .flatMap(({ version }) => parseVersion(version ?? '') ?? [])
    .toSorted(compareVersions)
    .at(-1);
}

/** True of versions that a baseline stands for: its own, and all below. Repeatable migrations (null) never are. */
export function isHidden(version: Version | null, baseline: Version | undefined): boolean {
  return version !== null && baseline !== undefined && compareVersions(version, baseline) <= 0;
}
