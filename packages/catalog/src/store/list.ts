import { identifier, join, raw, sql } from '@lockstep/core';
import type { Session, Sql } from '@lockstep/core';
import type { EntityDocument } from '../entities/document.ts';
import type { EntityKind } from '../entities/kind.ts';
import { readDocument } from './documents.ts';

export type Include = 'all' | 'deleted' | 'non-deleted';

/** A place in a list that is ordered by name and id. */
export interface Position {
  readonly name: string;
  readonly id: string;
}

export interface ListQuery {
  readonly include: Include;
  readonly limit: number;
  /** Only entities below this one: the column that holds its id. */
  readonly below?: { readonly column: string; readonly id: string } | undefined;
  readonly after?: Position | undefined;
  readonly before?: Position | undefined;
}

export interface ListPage {
  readonly documents: readonly EntityDocument[];
  readonly total: number;
  readonly more: { readonly before: boolean; readonly after: boolean };
}

/** One page of a kind of entity, ordered by name (by its bytes) and id. */
export async function listDocuments(session: Session, kind: EntityKind, query: ListQuery): Promise<ListPage> {
  const table = identifier(kind.table);
  const filter = filterOf(query);
  const [count] = await session.query(sql`SELECT count(*) AS total FROM ${table}${where(filter)}`);
  const backwards = query.before !== undefined;
  const order = raw(backwards ? 'ORDER BY name DESC, id DESC' : 'ORDER BY name, id');
  // One row more than asked for tells whether there is another page.
  const rows = await session.query(
    sql`SELECT json FROM ${table}${where([...filter, ...positionOf(query)])} ${order} LIMIT ${raw(String(query.limit + 1))}`,
  );
  const further = rows.length > query.limit;
  const documents = rows.slice(0, query.limit).map(readDocument);
  if (backwards) documents.reverse();
  return {
    documents,
    total: Number(count?.['total']),
    more: backwards ? { before: further, after: true } : { before: query.after !== undefined, after: further },
  };
}

function filterOf({ include, below }: ListQuery): Sql[] {
  const filter: Sql[] = [];
  if (include !== 'all') filter.push(sql`deleted = ${raw(include === 'deleted' ? '1' : '0')}`);
  if (below) filter.push(sql`${identifier(below.column)} = ${below.id}`);
  return filter;
}

/** Written so that every engine can go straight to the place in the index over (name, id). */
function positionOf({ after, before }: ListQuery): Sql[] {
  if (before) return [sql`name <= ${before.name} AND (name < ${before.name} OR id < ${before.id})`];
  if (after) return [sql`name >= ${after.name} AND (name > ${after.name} OR id > ${after.id})`];
  return [];
}

function where(conditions: readonly Sql[]): Sql {
  return conditions.length === 0 ? sql`` : sql` WHERE ${join([...conditions], ' AND ')}`;
}
