import { identifier, join, sql } from '@lockstep/core';
import type { Session } from '@lockstep/core';
import type { EntityKind } from '../entities/kind.ts';
import { inPieces } from './documents.ts';

/** Everything that is stored beside the documents, with the columns that hold the ids of entities. */
const traces = [
  { table: 'entity_relationship', columns: ['from_id', 'to_id'] },
  { table: 'tag_usage', columns: ['target_id', 'tag_id'] },
  { table: 'unresolved_owner', columns: ['entity_id'] },
  { table: 'entity_version', columns: ['id'] },
];

/** Removes entities of one kind for good, with their versions and everything that ties them to others. */
export async function eraseEntities(session: Session, kind: EntityKind, ids: readonly string[]): Promise<void> {
  const places = traces.flatMap(({ table, columns }) => columns.map((column) => ({ table, column })));
  for (const some of inPieces(ids)) {
    for (const { table, column } of [...places, { table: kind.table, column: 'id' }]) {
      await session.run(sql`DELETE FROM ${identifier(table)} WHERE ${identifier(column)} IN (${join(some)})`);
    }
  }
}
