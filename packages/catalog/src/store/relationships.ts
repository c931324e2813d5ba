import { join, raw, sql } from '@lockstep/core';
import type { Row, Session } from '@lockstep/core';
import type { EntityType } from '../entities/document.ts';
import { kindOf } from '../entities/kinds.ts';
import { inPieces } from './documents.ts';

/** What one entity is to another: `from` contains, owns, or is upstream of `to`. */
export type Relation = 'contains' | 'owns' | 'upstream';

export interface EntityKey {
  readonly id: string;
  readonly type: EntityType;
}

export interface Relationship {
  readonly from: EntityKey;
  readonly to: EntityKey;
  readonly relation: Relation;
  /** JSON text, or null. */
  readonly json?: string | null;
  readonly sortOrder?: number;
}

export async function insertRelationships(session: Session, list: readonly Relationship[]): Promise<void> {
  const rows = list.map(
    ({ from, to, relation, json = null, sortOrder = 0 }) =>
      sql`(${from.id}, ${to.id}, ${from.type}, ${to.type}, ${relation}, ${json}, ${raw(String(sortOrder))})`,
  );
  for (const some of inPieces(rows)) {
    await session.run(sql`INSERT INTO entity_relationship
      (from_id, to_id, from_entity, to_entity, relation, json, sort_order) VALUES ${join(some)}`);
  }
}

export async function deleteRelationship(
  session: Session,
  fromId: string,
  toId: string,
  relation: Relation,
): Promise<boolean> {
  const changed = await session.run(
    sql`DELETE FROM entity_relationship WHERE from_id = ${fromId} AND to_id = ${toId} AND relation = ${relation}`,
  );
  return changed > 0;
}

/**
 * The relationships that lead to (or come from) any of these entities, in their order. `lock` is a suffix of the
 * statement, for transactions that must see the newest state.
 */
export async function relationships(
  session: Session,
  end: 'from' | 'to',
  ids: readonly string[],
  relation: Relation,
  lock = '',
): Promise<(Relationship & { readonly deleted: boolean })[]> {
  const column = raw(end === 'from' ? 'from_id' : 'to_id');
  const found: Row[] = [];
  for (const some of inPieces(ids)) {
    found.push(
      ...(await session.query(sql`
        SELECT from_id, to_id, from_entity, to_entity, relation, json, deleted, sort_order FROM entity_relationship
        WHERE ${column} IN (${join(some)}) AND relation = ${relation} ORDER BY sort_order, from_id, to_id ${raw(lock)}`)),
    );
  }
  return found.map((row) => ({
    from: { id: row['from_id'] ?? '', type: kindOf(row['from_entity'] ?? '').type },
    to: { id: row['to_id'] ?? '', type: kindOf(row['to_entity'] ?? '').type },
    relation,
    json: row['json'] ?? null,
    sortOrder: Number(row['sort_order']),
    deleted: row['deleted'] === '1',
  }));
}

/**
 * Marks whether `childId` was deleted because its parent was: then, and only then, a restored parent brings it back. The
 * mark is only on children of deleted parents: whoever brings a parent back takes it off.
 */
export async function markFallen(session: Session, parentId: string, childId: string, fallen: boolean): Promise<void> {
  await session.run(sql`UPDATE entity_relationship SET deleted = ${raw(fallen ? '1' : '0')}
    WHERE from_id = ${parentId} AND to_id = ${childId} AND relation = 'contains'`);
}

/** Marks what is below a parent as deleted on its own account, so that it does not come back with the parent. */
export async function forgetFallen(session: Session, parentId: string): Promise<void> {
  await session.run(
    sql`UPDATE entity_relationship SET deleted = 0 WHERE from_id = ${parentId} AND relation = 'contains' AND deleted = 1`,
  );
}
