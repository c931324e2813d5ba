// Release 1.2.0: owners move out of the documents into entity_relationship (relation 'owns', from the user to the entity).
//
// A document names its owners as `owners: [{id, type, ...}]`, older ones as `owner: {id, type, ...}`; some have both.
// Every reference ends in one of two places, word for word in the column `json`:
// - entity_relationship, if it names a user that exists, soft-deleted or not, for the first time in that document;
// - unresolved_owner with the reason otherwise: no id, no such user (also teams, which the catalog does not know), or
//   the same user a second time.
// JSON null says nothing and leaves nothing behind. sort_order keeps the order: 0 is `owner`, 1 and up are `owners`.
//
// The documents are only touched by the database's own JSON functions, so their numbers stay what they are. Each batch
// counts the references before and the rows after, and fails if they differ. A cursor is `table/last id done`.
// lockstep: changes database_service_entity.json, database_entity.json, database_schema_entity.json, table_entity.json
// lockstep: changes user_entity.json, entity_relationship
import { defineDataMigration } from '@lockstep/core/migration';
import type { MigrationContext, Sql } from '@lockstep/core/migration';

const entities = [
  { table: 'database_service_entity', type: 'databaseService' },
  { table: 'database_entity', type: 'database' },
  { table: 'database_schema_entity', type: 'databaseSchema' },
  { table: 'table_entity', type: 'table' },
  { table: 'user_entity', type: 'user' },
];
const batchSize = '1000';

/** The rows of one batch: `entity.id` from `after` (exclusive) to `last` (inclusive). */
interface Batch {
  readonly table: string;
  readonly type: string;
  readonly after: string;
  readonly last: string;
}

/** One place in a document where an owner may be named: SQL for the reference (SQL NULL if there is none) and its id. */
interface Place {
  readonly sortOrder: number;
  readonly reference: string;
  readonly ownerId: string;
}

export default defineDataMigration({
  async batch(context, cursor) {
    const { session, sql, identifier, raw } = context;
    const { table, type, after } = readCursor(cursor);
    const [end] = await session.query(
      sql`SELECT max(id) AS id FROM (SELECT id FROM ${identifier(table)} WHERE id > ${after} ORDER BY id LIMIT ${raw(batchSize)}) AS batch`,
    );
    if (end?.id === undefined || end.id === null) return firstCursorAfter(table);

    const batch: Batch = { table, type, after, last: end.id };
    const family = jsonOf(context);
    const [most] = await session.query(
      sql`SELECT max(${raw(family.ownersLength)}) AS length FROM ${identifier(table)} entity WHERE ${rowsOf(context, batch)}`,
    );
    for (const place of placesOf(context, Number(most?.length ?? 0))) await movePlace(context, batch, place);
    await session.run(sql`
      UPDATE ${identifier(table)} SET json = ${raw(family.withoutOwners)}
      WHERE id > ${after} AND id <= ${end.id} AND ${raw(family.namesOwners)}`);
    return `${table}/${end.id}`;
  },

  async verify(context) {
    const { session, sql, identifier, raw } = context;
    for (const { table } of entities) {
      const left = await session.query(
        sql`SELECT id FROM ${identifier(table)} WHERE ${raw(jsonOf(context).namesOwners)} ORDER BY id LIMIT 10`,
      );
      if (left.length > 0) {
        throw new Error(`Documents of ${table} still name owners: ids ${left.map((row) => row.id).join(', ')}.`);
      }
    }
    const [summary] = await session.query(sql`
      SELECT (SELECT count(*) FROM entity_relationship WHERE relation = 'owns') AS moved,
             (SELECT count(*) FROM unresolved_owner) AS unresolved`);
    context.log(
      `${summary?.moved} owners are relationships now; ${summary?.unresolved} could not be, and are kept in unresolved_owner.`,
    );
  },
});

/** Writes the references at one place, for all documents of the batch. Fails unless each of them was written. */
async function movePlace(context: MigrationContext, batch: Batch, place: Place): Promise<void> {
  const { session, sql, identifier, raw } = context;
  const table = identifier(batch.table);
  const reference = raw(place.reference);
  const ownerId = raw(place.ownerId);
  const [found] = await session.query(
    sql`SELECT count(*) AS number FROM ${table} entity WHERE ${rowsOf(context, batch)} AND ${reference} IS NOT NULL`,
  );
  if (found?.number === '0') return;

  const moved = await session.run(sql`
    INSERT INTO entity_relationship (from_id, to_id, from_entity, to_entity, relation, json, sort_order)
    SELECT owner.id, entity.id, 'user', ${batch.type}, 'owns', ${reference}, ${raw(String(place.sortOrder))}
    FROM ${table} entity JOIN user_entity owner ON owner.id = ${ownerId}
    WHERE ${rowsOf(context, batch)} AND NOT EXISTS (
      SELECT 1 FROM entity_relationship known
      WHERE known.from_id = owner.id AND known.to_id = entity.id AND known.relation = 'owns')`);
  const kept = await session.run(sql`
    INSERT INTO unresolved_owner (entity_id, sort_order, entity, json, reason)
    SELECT entity.id, ${raw(String(place.sortOrder))}, ${batch.type}, ${reference},
      CASE WHEN ${ownerId} IS NULL THEN 'no id' WHEN owner.id IS NULL THEN 'no such user' ELSE 'named before' END
    FROM ${table} entity LEFT JOIN user_entity owner ON owner.id = ${ownerId}
    WHERE ${rowsOf(context, batch)} AND ${reference} IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM entity_relationship moved
      WHERE moved.from_id = owner.id AND moved.to_id = entity.id AND moved.relation = 'owns'
        AND moved.sort_order = ${raw(String(place.sortOrder))})`);
  if (found?.number === String(moved + kept)) return;
  throw new Error(
    `Of ${found?.number} owners in ${batch.table} (ids after ${batch.after} to ${batch.last}), ${moved} became ` +
      `relationships and ${kept} were kept as unresolved. Nothing was changed.`,
  );
}

function rowsOf({ sql }: MigrationContext, batch: Batch): Sql {
  return sql`entity.id > ${batch.after} AND entity.id <= ${batch.last}`;
}

/** `owner`, then the elements of `owners`. An `owners` that is no list counts as its only element. */
function placesOf(context: MigrationContext, length: number): Place[] {
  const json = jsonOf(context);
  return [json.place(0, 'owner'), ...Array.from({ length }, (_, index) => json.place(index + 1, 'owners', index))];
}

/** The JSON functions of the engine. */
function jsonOf({ family }: MigrationContext) {
  return family === 'postgres' ? postgresJson : mysqlJson;
}

const postgresJson = {
  ownersLength: `CASE WHEN jsonb_typeof(json -> 'owners') = 'array' THEN jsonb_array_length(json -> 'owners')
    WHEN (json -> 'owners') IS NOT NULL THEN 1 ELSE 0 END`,
  namesOwners: `((json -> 'owners') IS NOT NULL OR (json -> 'owner') IS NOT NULL)`,
  withoutOwners: `json - 'owners' - 'owner'`,
  place(sortOrder: number, key: string, index?: number): Place {
    const value = `entity.json -> '${key}'`;
    const element =
      index === undefined
        ? value
        : `CASE WHEN jsonb_typeof(${value}) = 'array' THEN ${value} -> ${index} ${index === 0 ? `ELSE ${value}` : ''} END`;
    const reference = `nullif(${element}, 'null'::jsonb)`;
    const id = `(${reference}) -> 'id'`;
    return {
      sortOrder,
      reference,
      ownerId: `CASE WHEN jsonb_typeof(${id}) = 'string' THEN (${reference}) ->> 'id' END`,
    };
  },
};

const mysqlJson = {
  ownersLength: `CASE WHEN JSON_TYPE(JSON_EXTRACT(json, '$.owners')) = 'ARRAY' THEN JSON_LENGTH(json, '$.owners')
    WHEN JSON_EXTRACT(json, '$.owners') IS NOT NULL THEN 1 ELSE 0 END`,
  namesOwners: `JSON_CONTAINS_PATH(json, 'one', '$.owners', '$.owner') = 1`,
  withoutOwners: `JSON_REMOVE(json, '$.owners', '$.owner')`,
  place(sortOrder: number, key: string, index?: number): Place {
    const value = `JSON_EXTRACT(entity.json, '$.${key}')`;
    const element =
      index === undefined
        ? value
        : `CASE WHEN JSON_TYPE(${value}) = 'ARRAY' THEN JSON_EXTRACT(entity.json, '$.${key}[${index}]')
            ${index === 0 ? `ELSE ${value}` : ''} END`;
    const reference = `CASE WHEN JSON_TYPE(${element}) <> 'NULL' THEN ${element} END`;
    const id = `JSON_EXTRACT(${reference}, '$.id')`;
    return { sortOrder, reference, ownerId: `CASE WHEN JSON_TYPE(${id}) = 'STRING' THEN JSON_UNQUOTE(${id}) END` };
  },
};

function readCursor(cursor: string | null): { table: string; type: string; after: string } {
  const slash = cursor?.indexOf('/') ?? -1;
  const table = cursor === null ? 'database_service_entity' : cursor.slice(0, slash);
  const entity = entities.find((known) => known.table === table);
  if (entity === undefined) throw new Error(`The saved cursor ${cursor} names no table of this migration.`);
  return { ...entity, after: cursor === null ? '' : cursor.slice(slash + 1) };
}

function firstCursorAfter(table: string): string | null {
  const next = entities[entities.findIndex((known) => known.table === table) + 1];
  return next === undefined ? null : `${next.table}/`;
}
