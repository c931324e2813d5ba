import { createHash } from 'node:crypto';
import type { AppliedMigration } from '../state/history.ts';
import { baselineOf, isBaseline, isHidden } from './baseline.ts';
import type { Code } from './releases.ts';

/** Where a database stands among the releases. */
export interface DatabaseRelease {
  /** `1.2.0`, or `1.2.0+3` with migrations beyond the release, or `0.0.0+3` before the first one is whole. */
  readonly name: string;
  /** The release that is whole: `1.2.0`. */
  readonly base: string;
  /** How many migrations it has beyond the base. */
  readonly beyond: number;
  /** SHA-256 over the applied list (key and checksum, one a line): databases with a `+` fit only the same list. */
  readonly list: string;
}

/** The highest sealed release whose migrations are all applied or below the baseline, and what lies beyond it. */
export function databaseRelease(code: Code, applied: readonly AppliedMigration[]): DatabaseRelease {
  const baseline = baselineOf(applied);
  const hidden = code.migrations.filter(({ version }) => isHidden(version, baseline));
  const own = applied.filter((row) => row.version !== null && !isBaseline(row));
  const keys = new Set([...hidden, ...own].map(({ key }) => key));
  let base = '0.0.0';
  let covered = 0;
  for (const release of code.releases) {
    if (!release.sealed || !release.migrations.every((migration) => keys.has(migration.key))) break;
    base = release.version;
    covered += release.migrations.length;
  }
  const beyond = keys.size - covered;
  const lines = applied.map((row) => `${row.key}\t${row.checksum ?? ''}\n`).toSorted();
  const list = createHash('sha256').update(lines.join('')).digest('hex');
  return { name: beyond === 0 ? base : `${base}+${beyond}`, base, beyond, list };
}
