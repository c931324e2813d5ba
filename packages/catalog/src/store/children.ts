import { identifier, raw, sql } from '@lockstep/core';
import type { Session } from '@lockstep/core';
import { parentOf } from '../entities/kind.ts';
import type { EntityKind } from '../entities/kind.ts';
import type { Position } from './list.ts';

/** The next entities of a kind below a parent that are not deleted, in the order of name and id. */
export async function childrenAfter(
  session: Session,
  kind: EntityKind,
  parentId: string,
  after: Position | undefined,
  limit: number,
): Promise<Position[]> {
  const column = identifier(parentOf(kind)?.column ?? '');
  const place = after ? sql` AND name >= ${after.name} AND (name > ${after.name} OR id > ${after.id})` : sql``;
  const rows = await session.query(sql`SELECT name, id FROM ${identifier(kind.table)}
    WHERE ${column} = ${parentId} AND deleted = 0${place} ORDER BY name, id LIMIT ${raw(String(limit))}`);
  return rows.map((row) => ({ name: row['name'] ?? '', id: row['id'] ?? '' }));
}
