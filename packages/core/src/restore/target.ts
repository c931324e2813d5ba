import type { Database } from '../database/database.ts';
import { LockstepError } from '../errors.ts';
import { phaseRefused } from '../migrate/adopt.ts';
import { isSealedShape } from '../migrate/drift.ts';
import { refuseLiveServers } from '../migrate/enter.ts';
import { databaseRelease } from '../release/database-release.ts';
import type { Code } from '../release/releases.ts';
import { contents } from '../shape/empty.ts';
import { fingerprint } from '../shape/fingerprint.ts';
import { readHistory } from '../state/history.ts';
import { holdsOnlySeed } from '../state/seed.ts';
import { readState, refuseOtherProduct } from '../state/state.ts';
import type { Home } from '../state/tables.ts';
import type { Manifest } from '../backup/archive/manifest.ts';

/**
 * How a target may be found: empty, fresh from its migrations (the seed's way), cut off in a restore, or restored from
 * the same backup and cut off in the upgrade behind it.
 */
export type TargetKind = 'empty' | 'seed' | 'restoring' | 'restored';

/**
 * Looks whether a database may take a backup; changes nothing. The caller holds the migration lock.
 * Throws TARGET_NOT_CLEAN, BACKUP_OTHER_RELEASE, OTHER_PRODUCT, PHASE_REFUSED, LEASE_LIVE.
 */
export async function inspectTarget(
  database: Database,
  home: Home,
  code: Code,
  manifest: Manifest,
  upgrade: boolean,
): Promise<TargetKind> {
  const { product } = code;
  const state = await readState(home);
  const shape = await home.session.describe(product.schemas);
  if (!state) {
    const found = contents(shape);
    if (found.length > 0) throw new LockstepError('TARGET_NOT_CLEAN', { found: `it holds ${found.join(', ')}` });
    return 'empty';
  }
  refuseOtherProduct(state, product.name);
  if (state.phase === 'restoring') return 'restoring';
  if (upgrade && state.phase === 'migrating' && state.detail['restored'] === manifest.id) return 'restored';
  if (state.phase !== 'ready') throw phaseRefused(state);
  await refuseLiveServers(home);
  const applied = await readHistory(home, code.migrations);
  const release = databaseRelease(code, applied);
  if (release.list !== manifest.appliedHash) {
    throw new LockstepError('BACKUP_OTHER_RELEASE', { found: manifest.release, needed: release.name });
  }
  const print = fingerprint(shape);
  if (print !== manifest.fingerprint && !isSealedShape(code, applied, print)) {
    throw new LockstepError('TARGET_NOT_CLEAN', { found: 'its shape is not that of its release' });
  }
  if (await holdsOnlySeed(database, product.schemas, state.seed)) return 'seed';
  throw new LockstepError('TARGET_NOT_CLEAN', { found: `it holds data of release ${release.name}` });
}
