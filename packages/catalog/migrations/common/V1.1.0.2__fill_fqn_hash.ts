// Release 1.1.0: fills fqn_hash for the rows that exist. The server computes it for new ones.
//
// The hash is made by the database from the generated column, in batches by id, so no name passes through this program.
// A cursor is `table/last id done`. A batch that runs twice writes the same values.
// lockstep: changes database_service_entity.fqn_hash, database_entity.fqn_hash, database_schema_entity.fqn_hash
// lockstep: changes table_entity.fqn_hash, user_entity.fqn_hash
import { defineDataMigration } from '@lockstep/core/migration';
import type { MigrationContext, Sql } from '@lockstep/core/migration';

const tables = ['database_service_entity', 'database_entity', 'database_schema_entity', 'table_entity', 'user_entity'];
const batchSize = '1000';

export default defineDataMigration({
  async batch({ session, sql, identifier, raw, family }, cursor) {
    const { table, after } = readCursor(cursor);
    const [end] = await session.query(
      sql`SELECT max(id) AS id FROM (SELECT id FROM ${identifier(table)} WHERE id > ${after} ORDER BY id LIMIT ${raw(batchSize)}) AS batch`,
    );
    if (end?.id === undefined || end.id === null) return firstCursorAfter(table);

    const hash =
      family === 'postgres'
        ? raw(`encode(sha256(convert_to(fully_qualified_name, 'UTF8')), 'hex')`)
        : raw(`SHA2(fully_qualified_name, 256)`);
    await session.run(sql`UPDATE ${identifier(table)} SET fqn_hash = ${hash} WHERE id > ${after} AND id <= ${end.id}`);
    return `${table}/${end.id}`;
  },

  async verify(context) {
    for (const table of tables) {
      await refuseMissing(context, table);
      await refuseDuplicates(context, table);
    }
  },
});

function readCursor(cursor: string | null): { table: string; after: string } {
  const [table = tables[0] ?? '', after = ''] = cursor === null ? [] : splitOnce(cursor);
  if (!tables.includes(table)) throw new Error(`The saved cursor ${cursor} names no table of this migration.`);
  return { table, after };
}

/** Ids hold no slash in practice, but only the first one separates. */
function splitOnce(cursor: string): [string, string] {
  const slash = cursor.indexOf('/');
  return [cursor.slice(0, slash), cursor.slice(slash + 1)];
}

function firstCursorAfter(table: string): string | null {
  const next = tables[tables.indexOf(table) + 1];
  return next === undefined ? null : `${next}/`;
}

async function refuseMissing({ session, sql, identifier }: MigrationContext, table: string): Promise<void> {
  const rows = await session.query(
    sql`SELECT id FROM ${identifier(table)} WHERE fqn_hash IS NULL ORDER BY id LIMIT 10`,
  );
  if (rows.length === 0) return;
  throw new Error(
    `${table} has rows without a fully qualified name (ids ${rows.map((row) => row.id).join(', ')}). ` +
      'Give their documents a fullyQualifiedName, or remove them, and run the migration again.',
  );
}

async function refuseDuplicates({ session, sql, identifier }: MigrationContext, table: string): Promise<void> {
  const duplicates: Sql = sql`
    SELECT fqn_hash FROM ${identifier(table)} GROUP BY fqn_hash HAVING count(*) > 1 ORDER BY fqn_hash LIMIT 10`;
  const rows = await session.query(sql`
    SELECT entity.fully_qualified_name AS name, entity.id AS id
    FROM ${identifier(table)} entity JOIN (${duplicates}) twice ON twice.fqn_hash = entity.fqn_hash
    ORDER BY entity.fqn_hash, entity.id LIMIT 40`);
  if (rows.length === 0) return;
  throw new Error(
    `${table} holds fully qualified names more than once: ` +
      rows.map((row) => `${JSON.stringify(row.name)} (id ${row.id})`).join(', ') +
      '. Remove or rename all but one of each, and run the migration again.',
  );
}
