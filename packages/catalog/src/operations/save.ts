import { isDeepStrictEqual } from 'node:util';
import type { Session } from '@lockstep/core';
import type { Catalog } from '../catalog.ts';
import type { Entity, EntityReference } from '../entities/document.ts';
import { parentOf } from '../entities/kind.ts';
import type { EntityKind } from '../entities/kind.ts';
import { insertDocuments, updateDocument } from '../store/documents.ts';
import { setOwners } from '../store/owners.ts';
import { insertRelationships } from '../store/relationships.ts';
import { setLabels } from '../store/tag-usage.ts';
import type { Labels } from '../store/tag-usage.ts';
import { insertVersion } from '../store/versions.ts';
import { describeChange, nextVersion } from './change-description.ts';
import { presentOne } from './present.ts';
import { separate } from './separate.ts';

/** Stores an entity for the first time. */
export async function saveNew(
  session: Session,
  kind: EntityKind,
  entity: Entity,
  parentId: string | undefined,
): Promise<Entity> {
  await saveAllNew(session, kind, [entity], parentId);
  return presentOne(session, separate(entity).document);
}

/** Stores entities for the first time, all below the same parent. */
export async function saveAllNew(
  session: Session,
  kind: EntityKind,
  entities: readonly Entity[],
  parentId: string | undefined,
): Promise<void> {
  const separated = entities.map((entity) => ({ ...separate(entity), key: { id: entity.id, type: kind.type } }));
  await insertDocuments(
    session,
    kind,
    separated.map(({ document }) => document),
  );
  const parent = parentOf(kind);
  if (parent && parentId !== undefined) {
    const from = { id: parentId, type: parent.type };
    await insertRelationships(
      session,
      separated.map(({ key }) => ({ from, to: key, relation: 'contains' })),
    );
  }
  for (const { key, owners, labels } of separated) {
    if (owners.length > 0) await setOwners(session, key, owners);
    if (labels.size > 0) await setLabels(session, key, labels);
  }
}

/**
 * Stores a change of an entity as its next version, and keeps the version before. Returns the entity as it is then:
 * `before` itself if nothing differs.
 */
export async function saveChange(
  session: Session,
  catalog: Catalog,
  kind: EntityKind,
  before: Entity,
  wanted: Entity,
): Promise<Entity> {
  const { document, owners, labels } = separate(wanted);
  const key = { id: before.id, type: kind.type };
  const old = separate(before);
  if (!isDeepStrictEqual(ownerIds(old.owners), ownerIds(owners))) await setOwners(session, key, owners);
  if (!isDeepStrictEqual(labelKeys(old.labels), labelKeys(labels))) await setLabels(session, key, labels);
  // Read back, so that owners and tags are compared in the same form, however the request wrote them.
  const after = await presentOne(session, document);
  const changeDescription = describeChange(before, after);
  if (!changeDescription) return before;

  const changed = {
    version: nextVersion(before, after),
    updatedAt: Date.now(),
    updatedBy: catalog.user,
    changeDescription,
  };
  await insertVersion(session, kind, before);
  await updateDocument(session, kind, { ...document, ...changed });
  return { ...after, ...changed };
}

function ownerIds(owners: readonly EntityReference[]): string[] {
  return owners.map(({ id, type }) => `${type} ${id}`);
}

/** What is stored of labels, in an order of its own. */
function labelKeys(labels: Labels): string[] {
  return [...labels]
    .flatMap(([target, list]) =>
      list.map(({ tagFQN, labelType = 'Manual', state = 'Confirmed' }) =>
        JSON.stringify([target, tagFQN, labelType, state]),
      ),
    )
    .toSorted();
}
