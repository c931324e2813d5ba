import type { Database } from '../database/database.ts';
import { databaseRelease } from '../release/database-release.ts';
import type { Code } from '../release/releases.ts';
import type { ShapeDifference } from '../shape/diff.ts';
import { diffShapes } from '../shape/diff.ts';
import { fingerprint } from '../shape/fingerprint.ts';
import type { Shape } from '../shape/shape.ts';
import type { AppliedMigration } from '../state/history.ts';
import { migrationsOf, shapeOf } from './build.ts';

export interface Drift {
  readonly fingerprint: string;
  readonly drifted: boolean;
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
  const expected = await shapeOf(database, code, migrationsOf(code, applied));
  if (fingerprint(expected) === print) return { fingerprint: print, drifted: false, differences: [] };
  return { fingerprint: print, drifted: true, differences: diffShapes(expected, shape) };
}
