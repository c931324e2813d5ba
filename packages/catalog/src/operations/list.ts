import type { Session } from '@lockstep/core';
import { read } from '../catalog.ts';
import type { Catalog } from '../catalog.ts';
import type { Entity, EntityDocument } from '../entities/document.ts';
import type { EntityKind } from '../entities/kind.ts';
import { kinds } from '../entities/kinds.ts';
import { CatalogError } from '../errors.ts';
import { splitFullyQualifiedName } from '../fully-qualified-name.ts';
import { documentByName } from '../store/documents.ts';
import { listDocuments } from '../store/list.ts';
import type { Include, ListQuery, Position } from '../store/list.ts';
import { present } from './present.ts';
import type { Fields } from './present.ts';

/** A page holds no more than this, whatever the limit says; `after` leads on. */
export const largestPage = 10_000;

export interface ListOptions {
  readonly fields: Fields;
  readonly include: Include;
  readonly limit: number;
  /** Fully qualified name of anything above the entities wanted. */
  readonly below?: string | undefined;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
}

export interface EntityList {
  readonly data: readonly Entity[];
  readonly paging: { readonly total: number; readonly before?: string; readonly after?: string };
}

/** One page of a kind of entity by name. Cursors are those of an earlier page. Throws INVALID_REQUEST. */
export function listEntities(catalog: Catalog, kind: EntityKind, options: ListOptions): Promise<EntityList> {
  const { include, fields } = options;
  const query = {
    include,
    limit: Math.min(options.limit, largestPage),
    after: positionAt(options.after),
    before: positionAt(options.before),
  };
  return read(catalog, async (session) => {
    const below = options.below === undefined ? undefined : await placeOf(session, kind, options.below);
    if (below === null) return { data: [], paging: { total: 0 } };
    const page = await listDocuments(session, kind, { ...query, below });
    return {
      data: await present(session, page.documents, fields),
      paging: {
        total: page.total,
        ...cursor('before', page.more.before, page.documents.at(0)),
        ...cursor('after', page.more.after, page.documents.at(-1)),
      },
    };
  });
}

/** The depth of a name tells what it names: one part a service, two a database. Null if there is no such entity. */
async function placeOf(session: Session, kind: EntityKind, name: string): Promise<ListQuery['below'] | null> {
  const ancestor = kind.ancestors[splitFullyQualifiedName(name).length - 1];
  const document = ancestor && (await documentByName(session, kinds[ancestor.type], name));
  return document ? { column: ancestor.column, id: document.id } : null;
}

function cursor(key: 'before' | 'after', more: boolean, document: EntityDocument | undefined): Record<string, string> {
  if (!more || !document) return {};
  return { [key]: Buffer.from(JSON.stringify([document.name, document.id])).toString('base64url') };
}

function positionAt(text: string | undefined): Position | undefined {
  if (text === undefined || text === '') return undefined;
  const position = parsed(Buffer.from(text, 'base64url').toString());
  if (position) return position;
  throw new CatalogError('INVALID_REQUEST', 'The cursor is none that this server gave out.');
}

function parsed(text: string): Position | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!Array.isArray(value)) return undefined;
    const [name, id]: unknown[] = value;
    if (typeof name !== 'string' || typeof id !== 'string' || /\0|\p{Surrogate}/u.test(name + id)) return undefined;
    return { name, id };
  } catch {
    // Not JSON: the caller says so.
    return undefined;
  }
}
