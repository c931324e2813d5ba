import type { Session } from '@lockstep/core';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { read, write } from '../catalog.ts';
import type { Catalog } from '../catalog.ts';
import { EntityReference, referenceTo } from '../entities/document.ts';
import { kindOf, kinds } from '../entities/kinds.ts';
import type { EntityKind } from '../entities/kind.ts';
import { CatalogError } from '../errors.ts';
import { documentsByIds } from '../store/documents.ts';
import { deleteRelationship, insertRelationships, relationships } from '../store/relationships.ts';
import type { EntityKey, Relationship } from '../store/relationships.ts';
import { checked } from './check.ts';
import { cleanObject } from './clean.ts';
import { findDocument } from './get.ts';
import type { EntityAddress } from './get.ts';

const AddLineage = Compile(
  Type.Object({
    edge: Type.Object({
      fromEntity: EntityReference,
      toEntity: EntityReference,
      description: Type.Optional(Type.String()),
      lineageDetails: Type.Optional(Type.Object({})),
    }),
  }),
);

export interface LineageEdge {
  readonly fromEntity: string;
  readonly toEntity: string;
  readonly description?: unknown;
  readonly lineageDetails?: unknown;
}

export interface Lineage {
  readonly entity: EntityReference;
  readonly nodes: readonly EntityReference[];
  readonly upstreamEdges: readonly LineageEdge[];
  readonly downstreamEdges: readonly LineageEdge[];
}

/** Says that data flows from one entity to another. An edge that exists is replaced. Throws NOT_FOUND, INVALID_REQUEST. */
export function addLineage(catalog: Catalog, body: unknown): Promise<LineageEdge> {
  const { fromEntity, toEntity, ...details } = checked(AddLineage, cleanObject(body)).edge;
  if (fromEntity.id === toEntity.id) throw new CatalogError('INVALID_REQUEST', 'An entity is not upstream of itself.');
  return write(catalog, async (session) => {
    const from = await existing(session, fromEntity);
    const to = await existing(session, toEntity);
    await deleteRelationship(session, from.id, to.id, 'upstream');
    const edge: Relationship = { from, to, relation: 'upstream', json: JSON.stringify(details) };
    await insertRelationships(session, [edge]);
    return edgeOf(edge);
  });
}

/** Takes an edge away. Throws NOT_FOUND. */
export function deleteLineage(catalog: Catalog, from: EntityKey, to: EntityKey): Promise<LineageEdge> {
  return write(catalog, async (session) => {
    const found = await relationships(session, 'from', [from.id], 'upstream');
    const edge = found.find((candidate) => candidate.to.id === to.id);
    if (!edge) throw new CatalogError('NOT_FOUND', `There is no lineage from ${from.id} to ${to.id}.`);
    await deleteRelationship(session, from.id, to.id, 'upstream');
    return edgeOf(edge);
  });
}

/** What is upstream and downstream of an entity, so many edges far. Throws NOT_FOUND. */
export function lineageOf(
  catalog: Catalog,
  kind: EntityKind,
  address: EntityAddress,
  depths: { readonly upstream: number; readonly downstream: number },
): Promise<Lineage> {
  return read(catalog, async (session) => {
    const document = await findDocument(session, kind, address, 'all');
    const upstream = await walk(session, document.id, 'to', depths.upstream);
    const downstream = await walk(session, document.id, 'from', depths.downstream);
    const keys = [...upstream, ...downstream].flatMap(({ from, to }) => [from, to]);
    return {
      entity: referenceTo(kind.type, document),
      nodes: await referencesTo(
        session,
        keys.filter(({ id }) => id !== document.id),
      ),
      upstreamEdges: upstream.map(edgeOf),
      downstreamEdges: downstream.map(edgeOf),
    };
  });
}

/** The edges within `depth` steps of an entity: those that lead to it, or those that come from it. */
async function walk(session: Session, id: string, end: 'from' | 'to', depth: number): Promise<Relationship[]> {
  const edges: Relationship[] = [];
  const seen = new Set([id]);
  let frontier = [id];
  for (let step = 0; step < depth && frontier.length > 0; step += 1) {
    const found = await relationships(session, end, frontier, 'upstream');
    edges.push(...found);
    const others = found.map((edge) => (end === 'to' ? edge.from.id : edge.to.id));
    frontier = [...new Set(others)].filter((other) => !seen.has(other));
    for (const other of frontier) seen.add(other);
  }
  return edges;
}

async function referencesTo(session: Session, keys: readonly EntityKey[]): Promise<EntityReference[]> {
  const references = new Map<string, EntityReference>();
  for (const kind of Object.values(kinds)) {
    const ids = keys.filter(({ type }) => type === kind.type).map(({ id }) => id);
    for (const [id, document] of await documentsByIds(session, kind, ids)) {
      references.set(id, { ...referenceTo(kind.type, document), deleted: document.deleted });
    }
  }
  return [...references.values()];
}

async function existing(session: Session, { id, type }: EntityReference): Promise<EntityKey> {
  const kind = kindOf(type);
  await findDocument(session, kind, { id }, 'non-deleted');
  return { id, type: kind.type };
}

function edgeOf({ from, to, json }: Relationship): LineageEdge {
  const details: unknown = JSON.parse(json ?? '{}');
  const { description, lineageDetails } = cleanObject(details);
  return {
    fromEntity: from.id,
    toEntity: to.id,
    ...(description !== undefined && { description }),
    ...(lineageDetails !== undefined && { lineageDetails }),
  };
}
