import { Type } from 'typebox';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Validator } from 'typebox/compile';
import { flattenColumns, columnsIn } from '../entities/columns.ts';
import { requestBase } from '../entities/document.ts';
import type { EntityRequest } from '../entities/document.ts';
import type { EntityKind } from '../entities/kind.ts';
import { CatalogError } from '../errors.ts';
import { checked } from './check.ts';
import { cleanObject } from './clean.ts';

/** Names are stored with up to this many characters. */
const longestName = 256;

/** Keys that the catalog fills in itself; in a request they are ignored. */
const ownKeys = [
  'id',
  'fullyQualifiedName',
  'version',
  'updatedAt',
  'updatedBy',
  'deleted',
  'changeDescription',
  'href',
];

const base = Compile(Type.Object(requestBase));
const validators = new Map<TSchema, Validator>();

/**
 * A request to create an entity, checked and reduced to what is stored. Throws INVALID_REQUEST, naming the place.
 */
export function readRequest(kind: EntityKind, body: unknown): EntityRequest {
  const { owner, ...given } = cleanObject(body);
  const request: Record<string, unknown> = owner === undefined ? given : { owners: [owner], ...given };
  for (const key of [...ownKeys, ...(kind.secrets ?? [])]) delete request[key];
  return checkRequest(kind, request);
}

/** Throws INVALID_REQUEST unless this could be a request to create an entity of the kind. */
export function checkRequest(kind: EntityKind, request: Record<string, unknown>): EntityRequest {
  const validator = validators.get(kind.request) ?? Compile(kind.request);
  validators.set(kind.request, validator);
  checked(validator, request);
  const known = checked(base, request);
  const { name } = known;
  if (Array.from(name).length > longestName) {
    throw new CatalogError('INVALID_REQUEST', `The name has more than ${longestName} characters.`);
  }
  flattenColumns(columnsIn(request['columns']), name);
  return { ...request, ...known };
}
