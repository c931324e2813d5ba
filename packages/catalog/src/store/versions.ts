import { sql } from '@lockstep/core';
import type { Session } from '@lockstep/core';
import type { Entity } from '../entities/document.ts';
import type { EntityKind } from '../entities/kind.ts';
import { readDocument } from './documents.ts';

/** Keeps an entity as it was, owners and tags included, before it changes. */
export async function insertVersion(session: Session, kind: EntityKind, entity: Entity): Promise<void> {
  await session.run(sql`INSERT INTO entity_version (id, version, entity, json)
    VALUES (${entity.id}, ${versionText(entity.version)}, ${kind.type}, ${JSON.stringify(entity)})`);
}

/** The earlier versions of an entity, newest first. */
export async function earlierVersions(session: Session, id: string): Promise<Entity[]> {
  const rows = await session.query(sql`SELECT json FROM entity_version WHERE id = ${id} ORDER BY version DESC`);
  return rows.map(readDocument);
}

export async function earlierVersion(session: Session, id: string, version: number): Promise<Entity | undefined> {
  const [row] = await session.query(
    sql`SELECT json FROM entity_version WHERE id = ${id} AND version = ${versionText(version)}`,
  );
  return row && readDocument(row);
}

/** The column is a decimal with one digit after the point. */
function versionText(version: number): string {
  return version.toFixed(1);
}
