import { read } from '../catalog.ts';
import type { Catalog } from '../catalog.ts';
import type { Entity } from '../entities/document.ts';
import type { EntityKind } from '../entities/kind.ts';
import { CatalogError } from '../errors.ts';
import { earlierVersion, earlierVersions } from '../store/versions.ts';
import { findDocument } from './get.ts';
import { presentOne } from './present.ts';

export interface EntityHistory {
  readonly entityType: string;
  /** Each a JSON text, newest first. */
  readonly versions: readonly string[];
}

/** All versions of an entity, the current one first. Throws NOT_FOUND. */
export function versionsOf(catalog: Catalog, kind: EntityKind, id: string): Promise<EntityHistory> {
  return read(catalog, async (session) => {
    const current = await presentOne(session, await findDocument(session, kind, { id }, 'all'));
    const earlier = await earlierVersions(session, id);
    return { entityType: kind.type, versions: [current, ...earlier].map((entity) => JSON.stringify(entity)) };
  });
}

/** An entity as it was in one version. Throws NOT_FOUND. */
export function versionOf(catalog: Catalog, kind: EntityKind, id: string, version: string): Promise<Entity> {
  return read(catalog, async (session) => {
    const current = await findDocument(session, kind, { id }, 'all');
    const wanted = /^\d{1,9}\.\d$/.test(version) ? Number(version) : undefined;
    if (current.version === wanted) return presentOne(session, current);
    const found = wanted === undefined ? undefined : await earlierVersion(session, id, wanted);
    if (found) return found;
    throw new CatalogError('NOT_FOUND', `The ${kind.type} ${id} has no version ${JSON.stringify(version)}.`);
  });
}
