import { LockstepError } from '@lockstep/core';
import type { Family } from '@lockstep/core';
import { read } from '../catalog.ts';
import type { Catalog } from '../catalog.ts';
import type { EntityDocument } from '../entities/document.ts';
import { kinds } from '../entities/kinds.ts';
import { quoteName } from '../fully-qualified-name.ts';
import { putEntity } from '../operations/put.ts';
import { restoreEntity } from '../operations/restore.ts';
import { documentByName } from '../store/documents.ts';

const serviceTypes: Readonly<Record<Family, string>> = { postgres: 'Postgres', mysql: 'Mysql', mariadb: 'MariaDB' };

/**
 * The database service for a source: made or restored where it has to be. Throws USAGE for a name that can't be one,
 * INGEST_SERVICE_OTHER for a service of another type.
 */
export async function prepareService(catalog: Catalog, name: string, family: Family): Promise<EntityDocument> {
  const length = Array.from(name).length;
  if (length < 1 || length > 256 || /\0|\p{Surrogate}/u.test(name)) {
    throw new LockstepError('USAGE', { reason: 'The name of a service has 1 to 256 characters' });
  }
  const serviceType = serviceTypes[family];
  const known = await read(catalog, (session) => documentByName(session, kinds.databaseService, quoteName(name)));
  if (known === undefined) return (await putEntity(catalog, kinds.databaseService, { name, serviceType })).entity;
  if (known['serviceType'] !== serviceType) {
    const found = String(known['serviceType']);
    throw new LockstepError('INGEST_SERVICE_OTHER', { service: name, found, needed: serviceType });
  }
  return known.deleted ? restoreEntity(catalog, kinds.databaseService, known.id) : known;
}
