import { applyPatch } from 'rfc6902';
import type { Operation } from 'rfc6902';
import { isDeepStrictEqual } from 'node:util';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { read, write } from '../catalog.ts';
import type { Catalog } from '../catalog.ts';
import type { Entity } from '../entities/document.ts';
import { parentName, parentOf } from '../entities/kind.ts';
import type { EntityKind } from '../entities/kind.ts';
import { CatalogError } from '../errors.ts';
import { lockDocument } from '../store/documents.ts';
import { cleanObject } from './clean.ts';
import { findDocument } from './get.ts';
import type { EntityAddress } from './get.ts';
import { presentOne } from './present.ts';
import { checkRequest } from './request.ts';
import { saveChange } from './save.ts';

/** A path as in RFC 6901. Keys that lead out of the document, to what all objects share, are in no entity. */
const path = Type.String({ pattern: '^(?!(.*/)?(__proto__|constructor|prototype)(/|$))(/.*)?$' });
const operations = Compile(
  Type.Array(
    Type.Union([
      Type.Object({ op: Type.Enum(['add', 'replace', 'test']), path, value: Type.Unknown() }),
      Type.Object({ op: Type.Literal('remove'), path }),
      Type.Object({ op: Type.Enum(['move', 'copy']), path, from: path }),
    ]),
  ),
);

/**
 * Applies a JSON Patch (RFC 6902) to an entity as `GET ...?fields=*` shows it, all of it or nothing. Version and time
 * are set by the catalog whatever the patch says. Throws NOT_FOUND; INVALID_REQUEST for a patch that does not fit, that
 * changes who the entity is, or that leaves something that is no entity of its kind.
 */
export async function patchEntity(
  catalog: Catalog,
  kind: EntityKind,
  address: EntityAddress,
  body: unknown,
): Promise<Entity> {
  const patch = readPatch(body);
  const { id } = await read(catalog, (session) => findDocument(session, kind, address, 'all'));
  return write(catalog, async (session) => {
    const document = await lockDocument(session, kind, id);
    if (!document) throw new CatalogError('NOT_FOUND', `The ${kind.type} ${id} was deleted meanwhile.`);
    const before = await presentOne(session, document);
    return saveChange(session, catalog, kind, before, patched(kind, before, patch));
  });
}

function readPatch(body: unknown): Operation[] {
  if (!operations.Check(body)) {
    throw new CatalogError('INVALID_REQUEST', 'The body must be a JSON Patch: a list of operations as in RFC 6902.');
  }
  return body.map((operation): Operation => {
    if ('from' in operation) return operation;
    return 'value' in operation ? { ...operation, value: operation.value } : operation;
  });
}

function patched(kind: EntityKind, before: Entity, patch: readonly Operation[]): Entity {
  const target: unknown = structuredClone(before);
  const failure = applyPatch(target, [...patch]).find((error) => error !== null);
  if (failure)
    throw new CatalogError('INVALID_REQUEST', `The patch does not fit: ${failure.name}: ${failure.message}.`);

  const wanted = cleanObject(target);
  for (const key of kind.secrets ?? []) delete wanted[key];
  for (const key of [
    'id',
    'name',
    'fullyQualifiedName',
    'deleted',
    ...kind.ancestors.map((ancestor) => ancestor.key),
  ]) {
    if (isDeepStrictEqual(wanted[key], before[key])) continue;
    throw new CatalogError('INVALID_REQUEST', `A patch can't change ${key}.`);
  }
  const parent = parentOf(kind);
  const request = checkRequest(kind, { ...wanted, ...(parent && { [parent.key]: parentName(kind, before) }) });
  const { id, fullyQualifiedName, deleted, version, updatedAt, updatedBy } = before;
  const references = Object.fromEntries(kind.ancestors.map(({ key }) => [key, before[key]]));
  return { ...request, ...references, id, fullyQualifiedName, deleted, version, updatedAt, updatedBy };
}
