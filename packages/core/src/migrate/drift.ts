import type { Database } from '../database/database.ts';
import { databaseRelease } from '../release/database-release.ts';
import type { Code } from '../release/releases.ts';
import type { ShapeDifference } from '../shape/diff.ts';
import { diffShapes } from '../shape/diff.ts';
import { fingerprint } from '../shape/fingerprint.ts';
import type { Shape } from '../shape/shape.ts';
import type { AppliedMigration } from '../state/history.ts';
import { baselineOf, isHidden } from '../release/baseline.ts';
import { isBuildFailure, migrationsOf, shapeOf } from './build.ts';
import { isCurrent } from './pending.ts';

export interface Drift {
  readonly fingerprint: string;
  /** Null where the files do not tell what the shape should be. */
  readonly drifted: boolean | null;
  /** Why they do not; null where they do. */
  readonly why: string | null;
  readonly differences: readonly ShapeDifference[];
}

/** True when the seal knows this fingerprint for the release that the history makes. */
export function isSealedShape(code: Code, applied: readonly AppliedMigration[], print: string): boolean {
  const release = databaseRelease(code, applied);
  if (release.beyond > 0) return false;
  const sealed = code.releases.find((candidate) => candidate.version === release.base)?.sealed;
  return sealed?.fingerprints[code.family]?.includes(print) ?? false;
}

/**
 * Compares a live shape with what its history should have made. The seal answers at once; where it does not know the
 * fingerprint (another version of the server, migrations beyond the release), the release is built in a scratch
 * database on the same server and compared, before anyone calls it drift.
 */
export async function findDrift(
  database: Database,
  code: Code,
  shape: Shape,
  applied: readonly AppliedMigration[],
): Promise<Drift> {
  const print = fingerprint(shape);
  const known = { fingerprint: print, why: null };
  if (isSealedShape(code, applied, print)) return { ...known, drifted: false, differences: [] };
  const expected = isInFiles(code, applied) ? await build(database, code, applied) : notInFiles;
  if (typeof expected === 'string') return { fingerprint: print, drifted: null, why: expected, differences: [] };
  if (fingerprint(expected) === print) return { ...known, drifted: false, differences: [] };
  return { ...known, drifted: true, differences: diffShapes(expected, shape) };
}

/** Below a baseline, or for a repeatable migration whose text is gone. */
const notInFiles = 'the files do not make all that has been applied';

function isInFiles(code: Code, applied: readonly AppliedMigration[]): boolean {
  const baseline = baselineOf(applied);
  if (baseline && !code.migrations.some(({ version }) => isHidden(version, baseline))) return false;
  return applied
    .filter((row) => row.version === null)
    .every((row) => code.migrations.some((migration) => migration.key === row.key && isCurrent(migration, row)));
}

/**
 * The shape that the files make, or why they make none: what has run on this database never had to run on an empty one,
 * such as what a baseline stands for, a migration for a schema that was there, or a callback on an older release.
 */
async function build(database: Database, code: Code, applied: readonly AppliedMigration[]): Promise<Shape | string> {
  try {
    return await shapeOf(database, code, migrationsOf(code, applied));
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    return `the files do not make an empty database into it: ${error.message.replace(/\.$/, '')}`;
  }
}
