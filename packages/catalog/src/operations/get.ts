import type { Session } from '@lockstep/core';
import { read } from '../catalog.ts';
import type { Catalog } from '../catalog.ts';
import type { Entity, EntityDocument } from '../entities/document.ts';
import type { EntityKind } from '../entities/kind.ts';
import { CatalogError } from '../errors.ts';
import { documentById, documentByName } from '../store/documents.ts';
import type { Include } from '../store/list.ts';
import { presentOne } from './present.ts';
import type { Fields } from './present.ts';

/** Names one entity, by its id or by its fully qualified name. */
export type EntityAddress = { readonly id: string } | { readonly name: string };

export interface GetOptions {
  readonly fields?: Fields;
  /** Whether soft-deleted ones are found. `non-deleted` unless told otherwise. */
  readonly include?: Include;
}

/** One entity. Throws NOT_FOUND. */
export function getEntity(
  catalog: Catalog,
  kind: EntityKind,
  address: EntityAddress,
  { fields, include = 'non-deleted' }: GetOptions = {},
): Promise<Entity> {
  return read(catalog, async (session) => {
    const document = await findDocument(session, kind, address, include);
    return presentOne(session, document, fields);
  });
}

/** Throws NOT_FOUND if there is no such entity, or only one that is not included. */
export async function findDocument(
  session: Session,
  kind: EntityKind,
  address: EntityAddress,
  include: Include,
): Promise<EntityDocument> {
  const document = await ('id' in address
    ? isId(address.id) && documentById(session, kind, address.id)
    : documentByName(session, kind, address.name));
  const included = document && (include === 'all' || document.deleted === (include === 'deleted'));
  if (included) return document;
  const words = 'id' in address ? `with the id ${JSON.stringify(address.id)}` : JSON.stringify(address.name);
  throw new CatalogError('NOT_FOUND', `There is no ${kind.type} ${words}${document ? ' that is not deleted' : ''}.`);
}

/** What can be an id. Some engines compare without regard to blanks at the end, and refuse some characters. */
function isId(text: string): boolean {
  return /^[\w-]{1,36}$/.test(text);
}
