import { identifier, join, raw, sql } from '@lockstep/core';
import type { Dialect, Row, Session } from '@lockstep/core';
import type { EntityDocument } from '../entities/document.ts';
import type { EntityKind } from '../entities/kind.ts';
import { hashOfName } from '../fully-qualified-name.ts';

/** How many ids one statement names at most: engines limit the number of parameters. */
const idsPerStatement = 1000;

/** Engines limit the length of a statement, and some documents are large. */
const documentsPerStatement = 50;

export async function insertDocuments(
  session: Session,
  kind: EntityKind,
  documents: readonly EntityDocument[],
): Promise<void> {
  for (const some of inPieces(documents, documentsPerStatement)) {
    const rows = some.map(
      (document) => sql`(${document.id}, ${JSON.stringify(document)}, ${hashOfName(document.fullyQualifiedName)})`,
    );
    await session.run(sql`INSERT INTO ${identifier(kind.table)} (id, json, fqn_hash) VALUES ${join(rows)}`);
  }
}

export async function updateDocument(session: Session, kind: EntityKind, document: EntityDocument): Promise<void> {
  await session.run(
    sql`UPDATE ${identifier(kind.table)} SET json = ${JSON.stringify(document)} WHERE id = ${document.id}`,
  );
}

export async function documentById(
  session: Session,
  kind: EntityKind,
  id: string,
): Promise<EntityDocument | undefined> {
  const [row] = await session.query(sql`SELECT json FROM ${identifier(kind.table)} WHERE id = ${id}`);
  return row && readDocument(row);
}

/** Reads a document and keeps others from changing it until the transaction ends. */
export async function lockDocument(
  session: Session,
  kind: EntityKind,
  id: string,
): Promise<EntityDocument | undefined> {
  return (await lockDocuments(session, kind, [id])).get(id);
}

/** Like {@link lockDocument}, for several; those that do not exist are left out. */
export async function lockDocuments(
  session: Session,
  kind: EntityKind,
  ids: readonly string[],
): Promise<Map<string, EntityDocument>> {
  const found = new Map<string, EntityDocument>();
  for (const some of inPieces(ids)) {
    const rows = await session.query(
      sql`SELECT json FROM ${identifier(kind.table)} WHERE id IN (${join(some)}) ORDER BY id FOR UPDATE`,
    );
    for (const document of rows.map(readDocument)) found.set(document.id, document);
  }
  return found;
}

/** Reads a document and keeps it from being changed until the transaction ends, while others may read it so too. */
export async function shareDocument(
  session: Session,
  dialect: Dialect,
  kind: EntityKind,
  fullyQualifiedName: string,
): Promise<EntityDocument | undefined> {
  const [row] = await session.query(sql`SELECT json FROM ${identifier(kind.table)}
    WHERE fqn_hash = ${hashOfName(fullyQualifiedName)} ${raw(dialect.shareLock)}`);
  return row && readDocument(row);
}

export async function documentByName(
  session: Session,
  kind: EntityKind,
  fullyQualifiedName: string,
): Promise<EntityDocument | undefined> {
  const [row] = await session.query(
    sql`SELECT json FROM ${identifier(kind.table)} WHERE fqn_hash = ${hashOfName(fullyQualifiedName)}`,
  );
  return row && readDocument(row);
}

/** The documents with these ids, by id. Ids that do not exist are left out. */
export async function documentsByIds(
  session: Session,
  kind: EntityKind,
  ids: readonly string[],
): Promise<Map<string, EntityDocument>> {
  const found = new Map<string, EntityDocument>();
  for (const some of inPieces([...new Set(ids)])) {
    const rows = await session.query(sql`SELECT json FROM ${identifier(kind.table)} WHERE id IN (${join(some)})`);
    for (const document of rows.map(readDocument)) found.set(document.id, document);
  }
  return found;
}

/** The document in the column `json` of a row. */
export function readDocument(row: Row): EntityDocument {
  const document: unknown = JSON.parse(row['json'] ?? 'null');
  if (isDocument(document)) return document;
  throw new Error(`A stored document is not that of an entity: ${row['json']?.slice(0, 200)}`);
}

/** Splits a list so that each piece fits into one statement. */
export function inPieces<T>(list: readonly T[], size: number = idsPerStatement): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}

function isDocument(value: unknown): value is EntityDocument {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'id' in value &&
    typeof value.id === 'string' &&
    'name' in value &&
    typeof value.name === 'string' &&
    'fullyQualifiedName' in value &&
    typeof value.fullyQualifiedName === 'string' &&
    'version' in value &&
    typeof value.version === 'number' &&
    'updatedAt' in value &&
    typeof value.updatedAt === 'number'
  );
}
