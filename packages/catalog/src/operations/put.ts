import { randomUUID } from 'node:crypto';
import type { Session } from '@lockstep/core';
import { read, write } from '../catalog.ts';
import type { Catalog } from '../catalog.ts';
import { columnsIn, flattenColumns, mapColumns } from '../entities/columns.ts';
import { referenceTo } from '../entities/document.ts';
import type { Entity, EntityDocument, EntityRequest } from '../entities/document.ts';
import { parentOf } from '../entities/kind.ts';
import type { EntityKind } from '../entities/kind.ts';
import { kinds } from '../entities/kinds.ts';
import { CatalogError } from '../errors.ts';
import { quoteName } from '../fully-qualified-name.ts';
import { documentByName, lockDocument, shareDocument } from '../store/documents.ts';
import { forgetFallen } from '../store/relationships.ts';
import { presentOne } from './present.ts';
import { readRequest } from './request.ts';
import { saveChange, saveNew } from './save.ts';

/** What people write about columns, which a source does not know and must not take away. */
const keptOfColumns = ['description', 'displayName', 'tags'];

export interface PutResult {
  readonly entity: Entity;
  readonly created: boolean;
}

/** Creates an entity. Throws ALREADY_EXISTS, NOT_FOUND for a parent, owner or tag, INVALID_REQUEST. */
export function createEntity(catalog: Catalog, kind: EntityKind, body: unknown): Promise<Entity> {
  const request = readRequest(kind, body);
  const name = nameOf(kind, request);
  return write(catalog, async (session) => {
    const parent = await shareParent(session, catalog, kind, request);
    const existing = await documentByName(session, kind, name);
    if (!existing) return saveNew(session, kind, newEntity(catalog, kind, request, parent), parent?.id);
    const deleted = existing.deleted ? ', soft-deleted' : '';
    throw new CatalogError('ALREADY_EXISTS', `The ${kind.type} ${JSON.stringify(name)} exists already${deleted}.`);
  });
}

/**
 * Creates an entity, or changes the one with the same fully qualified name: what the request names is replaced, what it
 * does not name stays. A soft-deleted entity comes back, without what it contained. Columns keep the description, tags and display name that they
 * have where the request has none. Throws NOT_FOUND for a parent, owner or tag, INVALID_REQUEST.
 */
export async function putEntity(catalog: Catalog, kind: EntityKind, body: unknown): Promise<PutResult> {
  const request = readRequest(kind, body);
  const name = nameOf(kind, request);
  const known = await read(catalog, (session) => documentByName(session, kind, name));
  return write(catalog, async (session) => {
    // What is locked first is read as it is then; a plain read could fix an older view of everything that follows.
    const locked = known && (await lockDocument(session, kind, known.id));
    const parent = await shareParent(session, catalog, kind, request);
    const existing = locked ?? (await lockByName(session, kind, name));
    if (!existing) {
      const entity = await saveNew(session, kind, newEntity(catalog, kind, request, parent), parent?.id);
      return { entity, created: true };
    }
    // What fell with it stays deleted, also when something above is restored.
    if (existing.deleted) await forgetFallen(session, existing.id);
    const before = await presentOne(session, existing);
    const entity = await saveChange(session, catalog, kind, before, merge(kind, before, request));
    return { entity, created: false };
  });
}

/** The fully qualified name that an entity made by this request has. */
function nameOf(kind: EntityKind, request: EntityRequest): string {
  const parent = parentOf(kind);
  const name = quoteName(request.name);
  return parent ? `${String(request[parent.key])}.${name}` : name;
}

/** The parent that a request names, which can't be deleted before the transaction ends. */
async function shareParent(
  session: Session,
  catalog: Catalog,
  kind: EntityKind,
  request: EntityRequest,
): Promise<EntityDocument | undefined> {
  const ancestor = parentOf(kind);
  if (!ancestor) return undefined;
  const name = String(request[ancestor.key]);
  const parent = await shareDocument(session, catalog.dialect, kinds[ancestor.type], name);
  if (!parent) throw new CatalogError('NOT_FOUND', `There is no ${ancestor.type} ${JSON.stringify(name)}.`);
  if (!parent.deleted) return parent;
  throw new CatalogError('INVALID_REQUEST', `The ${ancestor.type} ${JSON.stringify(name)} is deleted.`);
}

async function lockByName(session: Session, kind: EntityKind, name: string): Promise<EntityDocument | undefined> {
  const found = await documentByName(session, kind, name);
  return found && lockDocument(session, kind, found.id);
}

/** A new entity below a parent, as a request describes it. */
export function newEntity(
  catalog: Catalog,
  kind: EntityKind,
  request: EntityRequest,
  parent: EntityDocument | undefined,
): Entity {
  return {
    ...request,
    ...ancestorsOf(kind, parent),
    id: randomUUID(),
    fullyQualifiedName: nameOf(kind, request),
    version: 0.1,
    updatedAt: Date.now(),
    updatedBy: catalog.user,
    deleted: false,
  };
}

/** References to what is above an entity: those of its parent, and one to the parent. */
function ancestorsOf(kind: EntityKind, parent: EntityDocument | undefined): Record<string, unknown> {
  const ancestor = parentOf(kind);
  if (!ancestor || !parent) return {};
  const inherited = [...kind.ancestors.slice(0, -1).map(({ key }) => key), 'serviceType'];
  const found = inherited.filter((key) => parent[key] !== undefined).map((key) => [key, parent[key]]);
  const { displayName: _, ...reference } = referenceTo(ancestor.type, parent);
  return { ...Object.fromEntries(found), [ancestor.key]: reference };
}

function merge(kind: EntityKind, before: Entity, request: EntityRequest): Entity {
  const parent = parentOf(kind);
  const { columns, ...rest } = request;
  const wanted: Entity = { ...before, ...rest, deleted: false };
  // The request names the parent by its name, the document by a reference, and it is the same one.
  if (parent) wanted[parent.key] = before[parent.key];
  if (columns === undefined) return wanted;

  const known = flattenColumns(columnsIn(before['columns']), before.fullyQualifiedName);
  const merged = mapColumns(columnsIn(columns), before.fullyQualifiedName, (column, name) => {
    const old = Object.entries(known.get(name) ?? {}).filter(([key]) => keptOfColumns.includes(key));
    return { ...Object.fromEntries(old), ...column };
  });
  return { ...wanted, columns: merged };
}
