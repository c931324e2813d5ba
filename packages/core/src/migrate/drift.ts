import type { Database } from '../database/database.ts';
import { databaseRelease } from '../release/database-release.ts';
import type { Code } from '../release/releases.ts';
import type { ShapeDifference } from '../shape/diff.ts';
import { diffShapes } from '../shape/diff.ts';
import { fingerprint } from '../shape/fingerprint.ts';
import type { Shape } from '../shape/shape.ts';
import type { AppliedMigration } from '../state/history.ts';
import { baselineOf, isHidden } from '../release/baseline.ts';
import { migrationsOf, shapeOf } from './build.ts';
import { isCallbackFailure } from './callbacks.ts';
import { isCurrent } from './pending.ts';
import { MigrationStopped } from './runner.ts';

export interface Drift {
  readonly fingerprint: string;
  /** Null where no file tells what the shape should be: below a baseline, or of a repeatable text that is gone. */
  readonly drifted: boolean | null;
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
  if (isSealedShape(code, applied, print)) return { fingerprint: print, drifted: false, differences: [] };
  const expected = isInFiles(code, applied) ? await build(database, code, applied) : undefined;
  if (!expected) return { fingerprint: print, drifted: null, differences: [] };
  if (fingerprint(expected) === print) return { fingerprint: print, drifted: false, differences: [] };
  return { fingerprint: print, drifted: true, differences: diffShapes(expected, shape) };
}

function isInFiles(code: Code, applied: readonly AppliedMigration[]): boolean {
  const baseline = baselineOf(applied);
  if (baseline && !code.migrations.some(({ version }) => isHidden(version, baseline))) return false;
  return applied
    .filter((row) => row.version === null)
    .every((row) => code.migrations.some((migration) => migration.key === row.key && isCurrent(migration, row)));
}

async function build(database: Database, code: Code, applied: readonly AppliedMigration[]): Promise<Shape | undefined> {
  try {
    return await shapeOf(database, code, migrationsOf(code, applied));
  } catch (error) {
    // What a baseline stands for never had to run on an empty database, nor a callback on an older release.
    if (error instanceof MigrationStopped && baselineOf(applied)) return undefined;
    if (isCallbackFailure(error)) return undefined;
    throw error;
  }
}
