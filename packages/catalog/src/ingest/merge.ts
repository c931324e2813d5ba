import { columnsIn } from '../entities/columns.ts';
import type { ColumnLike } from '../entities/columns.ts';
import type { Entity } from '../entities/document.ts';
import type { Found, FoundColumn } from './found.ts';

/**
 * An entity as it should be after a look at the source. The source decides about its own fields; what people wrote in
 * the catalog stays: owners, tags, display names, and descriptions that are not the source's comment.
 */
export function mergeFound(before: Entity, found: Found): Entity {
  const { description: _, sourceComment: __, ...rest } = before;
  const wanted: Entity = {
    ...withFields(rest, found.fields),
    ...described(before, found.comment),
    ...identity(before),
  };
  if (found.columns) wanted['columns'] = mergeColumns(columnsIn(before['columns']), found.columns);
  return wanted;
}

/** The fields of an entity that is new to the catalog. */
export function newFields(found: Found): Record<string, unknown> {
  const fields = { name: found.name, ...withFields({}, found.fields), ...described({}, found.comment) };
  return found.columns ? { ...fields, columns: mergeColumns([], found.columns) } : fields;
}

function mergeColumns(before: readonly ColumnLike[], found: readonly FoundColumn[]): ColumnLike[] {
  const known = new Map(before.map((column) => [column.name, column]));
  return found.map(({ name, comment, fields }) => {
    const old = known.get(name) ?? { name };
    const { description: _, sourceComment: __, children: ___, ...rest } = old;
    return { ...withFields(rest, fields), ...described(old, comment), name };
  });
}

/** What the source has no value for goes. */
function withFields(
  before: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged = Object.entries({ ...before, ...fields });
  return Object.fromEntries(merged.filter(([, value]) => value !== undefined));
}

/**
 * The comment is the description until somebody writes another one in the catalog. `sourceComment` remembers it, so
 * that the next run knows which of the two is there.
 */
function described(
  before: Readonly<Record<string, unknown>>,
  comment: string | null,
): { description?: string; sourceComment?: string } {
  const { description, sourceComment } = before;
  const isOwn = typeof description === 'string' && description !== sourceComment;
  return {
    ...(isOwn ? { description } : comment !== null && { description: comment }),
    ...(comment !== null && { sourceComment: comment }),
  };
}

function identity({ id, name, fullyQualifiedName, version, updatedAt, updatedBy }: Entity) {
  return { id, name, fullyQualifiedName, version, updatedAt, updatedBy, deleted: false };
}
