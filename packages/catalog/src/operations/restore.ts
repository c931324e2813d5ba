import type { Session } from '@lockstep/core';
import { read, write } from '../catalog.ts';
import type { Catalog } from '../catalog.ts';
import type { Entity, EntityDocument } from '../entities/document.ts';
import { parentName, parentOf } from '../entities/kind.ts';
import type { EntityKind } from '../entities/kind.ts';
import { kinds } from '../entities/kinds.ts';
import { CatalogError } from '../errors.ts';
import { shareDocument } from '../store/documents.ts';
import { markFallen, relationships } from '../store/relationships.ts';
import { setDeleted } from './delete.ts';
import { findDocument } from './get.ts';

/**
 * Undoes a soft delete: the entity comes back, and what was deleted together with it. What had been deleted before
 * stays deleted. Throws NOT_FOUND; INVALID_REQUEST while the parent is deleted.
 */
export async function restoreEntity(catalog: Catalog, kind: EntityKind, id: string): Promise<Entity> {
  const document = await read(catalog, (session) => findDocument(session, kind, { id }, 'all'));
  return write(catalog, async (session) => {
    const parent = await shareParent(session, catalog, kind, document);
    if (parent?.deleted) {
      const [name, above] = [document, parent].map((one) => JSON.stringify(one.fullyQualifiedName));
      throw new CatalogError(
        'INVALID_REQUEST',
        `The ${kind.type} ${name} can't be restored while ${above} is deleted.`,
      );
    }
    return restoreTree(session, catalog, kind, id);
  });
}

async function restoreTree(session: Session, catalog: Catalog, kind: EntityKind, id: string): Promise<Entity> {
  const restored = await setDeleted(session, catalog, kind, id, false);
  for (const { to, deleted } of await relationships(session, 'from', [id], 'contains')) {
    if (!deleted) continue;
    await markFallen(session, id, to.id, false);
    await restoreTree(session, catalog, kinds[to.type], to.id);
  }
  return restored;
}

/** The parent, which can't be deleted before the transaction ends. */
async function shareParent(
  session: Session,
  catalog: Catalog,
  kind: EntityKind,
  document: EntityDocument,
): Promise<EntityDocument | undefined> {
  const name = parentName(kind, document);
  const ancestor = parentOf(kind);
  if (!ancestor || name === undefined) return undefined;
  return shareDocument(session, catalog.dialect, kinds[ancestor.type], name);
}
