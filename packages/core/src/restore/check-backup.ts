import type { Manifest } from '../backup/archive/manifest.ts';
import type { Database } from '../database/database.ts';
import { LockstepError } from '../errors.ts';
import { isSealedShape } from '../migrate/drift.ts';
import { migrationsOf, shapeOf } from '../migrate/build.ts';
import type { Migration } from '../release/migration-file.ts';
import type { Code } from '../release/releases.ts';
import { compareReleases } from '../release/version.ts';
import { fingerprint } from '../shape/fingerprint.ts';
import { currentHistory } from '../state/history.ts';

/** How the shape of the target is made: by these migrations, or by the DDL in the file. */
export type ShapeSource =
  | { readonly kind: 'migrations'; readonly migrations: readonly Migration[] }
  | { readonly kind: 'embedded' };

/**
 * Checks a backup against code and engine: everything about it that can be wrong without looking at the target.
 * Throws BACKUP_OTHER_PRODUCT, BACKUP_OTHER_FAMILY, BACKUP_NEWER, BACKUP_OTHER_LIST, BACKUP_SHAPE_UNKNOWN.
 */
export async function checkBackup(
  database: Database,
  code: Code,
  manifest: Manifest,
  embedded: boolean,
): Promise<ShapeSource> {
  const { product } = code;
  if (manifest.product !== product.name) {
    throw new LockstepError('BACKUP_OTHER_PRODUCT', { found: manifest.product, needed: product.name });
  }
  if (manifest.engine.family !== database.family) {
    const found = `${manifest.engine.name} ${manifest.engine.version}`;
    throw new LockstepError('BACKUP_OTHER_FAMILY', { found, needed: `${database.engine} ${database.version}` });
  }
  const [base = ''] = manifest.release.split('+');
  if (compareReleases(base, product.version) > 0) {
    throw new LockstepError('BACKUP_NEWER', { found: manifest.release, needed: product.version });
  }
  const applied = currentHistory(manifest.applied, code.migrations);
  const migrations = migrationsOf(code, applied);
  if (embedded) return { kind: 'embedded' };
  if (manifest.drifted) throw new LockstepError('BACKUP_SHAPE_UNKNOWN', { release: manifest.release });
  if (isSealedShape(code, applied, manifest.fingerprint)) return { kind: 'migrations', migrations };
  const built = fingerprint(await shapeOf(database, code, migrations));
  if (built !== manifest.fingerprint) throw new LockstepError('BACKUP_SHAPE_UNKNOWN', { release: manifest.release });
  return { kind: 'migrations', migrations };
}
