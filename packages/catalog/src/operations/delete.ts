import type { Session } from '@lockstep/core';
import { read, write } from '../catalog.ts';
import type { Catalog } from '../catalog.ts';
import type { Entity } from '../entities/document.ts';
import type { EntityKind } from '../entities/kind.ts';
import { kinds } from '../entities/kinds.ts';
import { CatalogError } from '../errors.ts';
import { lockDocument, lockDocuments } from '../store/documents.ts';
import { eraseEntities } from '../store/erase.ts';
import { markFallen, relationships } from '../store/relationships.ts';
import { findDocument } from './get.ts';
import type { EntityAddress } from './get.ts';
import { presentOne } from './present.ts';
import { saveChange } from './save.ts';

export interface DeleteOptions {
  /** With everything below it. Without, an entity that contains others is not deleted. */
  readonly recursive: boolean;
  /** For good. Without, it is only marked as deleted and can be restored. */
  readonly hard: boolean;
}

/** Deletes an entity and returns it as it was last. Throws NOT_FOUND, ENTITY_NOT_EMPTY. */
export async function deleteEntity(
  catalog: Catalog,
  kind: EntityKind,
  address: EntityAddress,
  options: DeleteOptions,
): Promise<Entity> {
  const { id } = await read(catalog, (session) =>
    findDocument(session, kind, address, options.hard ? 'all' : 'non-deleted'),
  );
  return write(catalog, async (session) => {
    const document = await lockDocument(session, kind, id);
    if (!document || (document.deleted && !options.hard)) {
      throw new CatalogError('NOT_FOUND', `The ${kind.type} ${id} was deleted meanwhile.`);
    }
    const below = await descendants(session, catalog, document.id, options.hard);
    if (below.length > 0 && !options.recursive) {
      throw new CatalogError(
        'ENTITY_NOT_EMPTY',
        `The ${kind.type} ${JSON.stringify(document.fullyQualifiedName)} is not empty. Use recursive=true.`,
      );
    }
    if (!options.hard) return softDelete(session, catalog, kind, document.id, below);
    const entity = { ...(await presentOne(session, document)), deleted: true };
    for (const level of below.toReversed()) await eraseEntities(session, level.kind, level.ids);
    await eraseEntities(session, kind, [document.id]);
    return entity;
  });
}

/** The entities of one kind at one depth below another. */
interface Level {
  readonly kind: EntityKind;
  readonly ids: readonly string[];
  /** The parent of each of them. */
  readonly parents: ReadonlyMap<string, string>;
}

/**
 * What an entity contains, level by level from the top. Without `all`, only what is not deleted. Each level is locked
 * before the next one is looked for, so that nothing new can come below it.
 */
async function descendants(session: Session, catalog: Catalog, id: string, all: boolean): Promise<Level[]> {
  const levels: Level[] = [];
  let above: readonly string[] = [id];
  for (;;) {
    const children = await relationships(session, 'from', above, 'contains', catalog.dialect.shareLock);
    const childKind = children[0] && kinds[children[0].to.type];
    if (!childKind) return levels;
    const documents = await lockDocuments(
      session,
      childKind,
      children.map(({ to }) => to.id),
    );
    const ids = [...documents.values()].filter(({ deleted }) => all || !deleted).map((document) => document.id);
    if (ids.length === 0) return levels;
    levels.push({ kind: childKind, ids, parents: new Map(children.map(({ from, to }) => [to.id, from.id])) });
    above = ids;
  }
}

async function softDelete(
  session: Session,
  catalog: Catalog,
  kind: EntityKind,
  id: string,
  below: readonly Level[],
): Promise<Entity> {
  for (const level of below.toReversed()) {
    for (const child of level.ids) {
      await setDeleted(session, catalog, level.kind, child, true);
      await markFallen(session, level.parents.get(child) ?? '', child, true);
    }
  }
  return setDeleted(session, catalog, kind, id, true);
}

/** Marks an entity as deleted or not, as a new version of it. */
export async function setDeleted(
  session: Session,
  catalog: Catalog,
  kind: EntityKind,
  id: string,
  deleted: boolean,
): Promise<Entity> {
  const document = await lockDocument(session, kind, id);
  if (!document) throw new CatalogError('NOT_FOUND', `The ${kind.type} ${id} was deleted meanwhile.`);
  const before = await presentOne(session, document);
  return saveChange(session, catalog, kind, before, { ...before, deleted });
}
