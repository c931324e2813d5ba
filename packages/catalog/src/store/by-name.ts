import { identifier, join, sql } from '@lockstep/core';
import type { Session } from '@lockstep/core';
import type { EntityDocument } from '../entities/document.ts';
import type { EntityKind } from '../entities/kind.ts';
import { hashOfName } from '../fully-qualified-name.ts';
import { inPieces, readDocument } from './documents.ts';

/** The documents with these fully qualified names, by name, soft-deleted or not. Those that do not exist are left out. */
export async function documentsByNames(
  session: Session,
  kind: EntityKind,
  names: readonly string[],
): Promise<Map<string, EntityDocument>> {
  const found = new Map<string, EntityDocument>();
  for (const some of inPieces(names.map(hashOfName))) {
    const rows = await session.query(sql`SELECT json FROM ${identifier(kind.table)} WHERE fqn_hash IN (${join(some)})`);
    for (const document of rows.map(readDocument)) found.set(document.fullyQualifiedName, document);
  }
  return found;
}
