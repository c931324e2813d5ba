import { sql } from '@lockstep/core';
import type { Session } from '@lockstep/core';
import { referenceTo } from '../entities/document.ts';
import type { EntityReference } from '../entities/document.ts';
import { kinds } from '../entities/kinds.ts';
import { CatalogError } from '../errors.ts';
import { documentsByIds } from './documents.ts';
import { insertRelationships, relationships } from './relationships.ts';
import type { EntityKey } from './relationships.ts';

/** The owners of each of these entities, in their order. A soft-deleted owner is marked `deleted`. */
export async function ownersOf(session: Session, ids: readonly string[]): Promise<Map<string, EntityReference[]>> {
  const found = await relationships(session, 'to', ids, 'owns');
  const users = await documentsByIds(
    session,
    kinds.user,
    found.map(({ from }) => from.id),
  );
  const owners = new Map<string, EntityReference[]>();
  for (const { from, to } of found) {
    const user = users.get(from.id);
    if (!user) continue;
    const reference = { ...referenceTo('user', user), deleted: user.deleted };
    owners.set(to.id, [...(owners.get(to.id) ?? []), reference]);
  }
  return owners;
}

/** Replaces the owners of an entity. Throws NOT_FOUND for a user that does not exist, INVALID_REQUEST for no user. */
export async function setOwners(
  session: Session,
  entity: EntityKey,
  owners: readonly EntityReference[],
): Promise<void> {
  const ids = [...new Set(owners.map(({ id }) => id))];
  const other = owners.find(({ type }) => type !== 'user');
  if (other) throw new CatalogError('INVALID_REQUEST', `An owner is a user here, not a ${JSON.stringify(other.type)}.`);
  const users = await documentsByIds(session, kinds.user, ids);
  const missing = ids.find((id) => !users.has(id));
  if (missing !== undefined) throw new CatalogError('NOT_FOUND', `There is no user with the id ${missing}.`);

  await session.run(sql`DELETE FROM entity_relationship WHERE to_id = ${entity.id} AND relation = 'owns'`);
  await insertRelationships(
    session,
    ids.map((id, sortOrder) => ({ from: { id, type: 'user' }, to: entity, relation: 'owns', sortOrder })),
  );
}
