import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { checked } from '../operations/check.ts';
import type { Checker } from '../operations/check.ts';
import type { Fields } from '../operations/present.ts';

/** A compiled schema for the query of a URL. */
interface QueryChecker<T> extends Checker<T> {
  Convert(value: unknown): unknown;
  Default(value: unknown): unknown;
}

const Include = Type.Enum(['all', 'deleted', 'non-deleted']);
const Depth = Type.Integer({ minimum: 0, maximum: 3, default: 1 });

export const GetQuery = Compile(
  Type.Object({
    fields: Type.Optional(Type.String()),
    include: Type.Unsafe<'all' | 'deleted' | 'non-deleted'>({ ...Include, default: 'non-deleted' }),
  }),
);

export const ListQuery = Compile(
  Type.Object({
    fields: Type.Optional(Type.String()),
    include: Type.Unsafe<'all' | 'deleted' | 'non-deleted'>({ ...Include, default: 'non-deleted' }),
    limit: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 10 }),
    before: Type.Optional(Type.String()),
    after: Type.Optional(Type.String()),
    service: Type.Optional(Type.String()),
    database: Type.Optional(Type.String()),
    databaseSchema: Type.Optional(Type.String()),
    classification: Type.Optional(Type.String()),
    parent: Type.Optional(Type.String()),
  }),
);

export const DeleteQuery = Compile(
  Type.Object({
    recursive: Type.Boolean({ default: false }),
    hardDelete: Type.Boolean({ default: false }),
  }),
);

export const LineageQuery = Compile(Type.Object({ upstreamDepth: Depth, downstreamDepth: Depth }));

/**
 * The query of a URL, its texts turned into numbers and truth values as the schema wants them.
 * Throws INVALID_REQUEST, naming the parameter.
 */
export function readQuery<T>(checker: QueryChecker<T>, query: unknown): T {
  return checked(checker, checker.Convert(checker.Default(structuredClone(query))));
}

/**
 * What `fields=owners,tags` asks for. Everything that is in the document itself is always returned, so names of such
 * fields, and of fields that the catalog does not have, change nothing.
 */
export function fieldsOf(text = ''): Fields {
  const names = text.split(',').map((name) => name.trim());
  const wants = (name: string): boolean => names.includes(name) || names.includes('*');
  return { owners: wants('owners'), tags: wants('tags') };
}
