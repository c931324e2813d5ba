import { compareReleases, homeOf, LockstepError } from '@lockstep/core';
import type { Database, SessionPool } from '@lockstep/core';
import type { Catalog } from '../catalog.ts';
import { catalogProduct } from '../product.ts';
import { readWritableState } from '../writable-catalog.ts';

/**
 * The catalog for a writer that is held to its release and epoch, like a server. Throws DATABASE_EMPTY, DATABASE_OLDER,
 * DATABASE_NEWER, OTHER_PRODUCT, PHASE_REFUSED.
 */
export async function openCatalog(database: Database, pool: SessionPool): Promise<Catalog> {
  const { version, schemas } = catalogProduct;
  const { dialect } = database;
  const { release, epoch } = await pool.use((session) => readWritableState(homeOf(session, dialect, schemas)));
  if (release !== version) {
    const older = compareReleases(release.replace(/\+.*/, ''), version) < 0;
    throw new LockstepError(older ? 'DATABASE_OLDER' : 'DATABASE_NEWER', { found: release, needed: version });
  }
  return { pool, dialect, home: dialect.homeSchema(schemas), epoch, user: 'ingestion' };
}
