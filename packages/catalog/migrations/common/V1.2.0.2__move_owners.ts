// Release 1.2.0: owners move out of the documents into entity_relationship (relation 'owns', from the user to the entity).
//
// A document names its owners as `owners: [{id, type, ...}]`, older ones as `owner: {id, type, ...}`; some have both.
// Every reference ends in one of two places, word for word in the column `json`:
// - entity_relationship, if it names a user that exists, soft-deleted or not, for the first time in that document;
// - unresolved_owner with the reason otherwise: no id, no such user (also teams, which the catalog does not know), or
//   the same user a second time.
// JSON null says nothing and leaves nothing behind. sort_order keeps the order: 0 is `owner`, 1 and up are `owners`.
//
// Documents and references are only touched by the database's own JSON functions, so their numbers stay what they are.
// Each batch counts the references before and the rows after, and fails if they differ. A cursor is `table/last id done`.
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

/** Rows of one batch are gathered in unresolved_owner under this number, and gone from it before the batch ends. */
const gathered = '-1';

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
    const found = await gather(context, batch);
    if (found === 0) return `${table}/${end.id}`;
    const [most] = await session.query(
      sql`SELECT max(${raw(jsonOf(context).length)}) AS length FROM unresolved_owner entity WHERE ${rowsOf(context, batch)}`,
    );
    for (const place of placesOf(context, Number(most?.length ?? 0))) await movePlace(context, batch, place);
    await session.run(sql`
      UPDATE ${identifier(table)} SET json = ${raw(jsonOf(context).withoutOwners)}
      WHERE id IN (SELECT entity_id FROM unresolved_owner entity WHERE ${rowsOf(context, batch)})`);
    const left = await session.run(sql`
      DELETE FROM unresolved_owner
      WHERE entity_id > ${after} AND entity_id <= ${end.id} AND sort_order = ${raw(gathered)}`);
    if (left !== found) throw new Error(`Of ${found} documents of ${table} that name owners, ${left} were moved.`);
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

/**
 * Copies what the documents of the batch say about owners into rows of their own, so that the large documents are read
 * once. Returns how many say anything.
 */
async function gather(context: MigrationContext, batch: Batch): Promise<number> {
  const { session, sql, identifier, raw } = context;
  const json = jsonOf(context);
  return session.run(sql`
    INSERT INTO unresolved_owner (entity_id, sort_order, entity, json, reason)
    SELECT id, ${raw(gathered)}, ${batch.type}, ${raw(json.aboutOwners)}, 'gathered'
    FROM ${identifier(batch.table)} WHERE id > ${batch.after} AND id <= ${batch.last} AND ${raw(json.namesOwners)}`);
}

/** Writes the references at one place, for all documents of the batch. Fails unless each of them was written. */
async function movePlace(context: MigrationContext, batch: Batch, place: Place): Promise<void> {
  const { session, sql, raw } = context;
  const reference = raw(place.reference);
  const ownerId = raw(place.ownerId);
  const sortOrder = raw(String(place.sortOrder));
  const [found] = await session.query(sql`
    SELECT count(*) AS number FROM unresolved_owner entity
    WHERE ${rowsOf(context, batch)} AND ${reference} IS NOT NULL`);
  if (found?.number === '0') return;

  const moved = await session.run(sql`
    INSERT INTO entity_relationship (from_id, to_id, from_entity, to_entity, relation, json, sort_order)
    SELECT owner.id, entity.entity_id, 'user', ${batch.type}, 'owns', ${reference}, ${sortOrder}
    FROM unresolved_owner entity JOIN user_entity owner ON owner.id = ${ownerId}
    WHERE ${rowsOf(context, batch)} AND NOT EXISTS (
      SELECT 1 FROM entity_relationship known
      WHERE known.from_id = owner.id AND known.to_id = entity.entity_id AND known.relation = 'owns')`);
  const kept = await session.run(sql`
    INSERT INTO unresolved_owner (entity_id, sort_order, entity, json, reason)
    SELECT entity.entity_id, ${sortOrder}, ${batch.type}, ${reference},
      CASE WHEN ${ownerId} IS NULL THEN 'no id' WHEN owner.id IS NULL THEN 'no such user' ELSE 'named before' END
    FROM unresolved_owner entity LEFT JOIN user_entity owner ON owner.id = ${ownerId}
    WHERE ${rowsOf(context, batch)} AND ${reference} IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM entity_relationship moved
      WHERE moved.from_id = owner.id AND moved.to_id = entity.entity_id AND moved.relation = 'owns'
        AND moved.sort_order = ${sortOrder})`);
  if (found?.number === String(moved + kept)) return;
  throw new Error(
    `Of ${found?.number} owners in ${batch.table} (ids after ${batch.after} to ${batch.last}), ${moved} became ` +
      `relationships and ${kept} were kept as unresolved. Nothing was changed.`,
  );
}

/** What was gathered from the documents of the batch. */
function rowsOf({ sql, raw }: MigrationContext, batch: Batch): Sql {
  return sql`entity.entity_id > ${batch.after} AND entity.entity_id <= ${batch.last} AND entity.sort_order = ${raw(gathered)}`;
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
  namesOwners: `((json -> 'owners') IS NOT NULL OR (json -> 'owner') IS NOT NULL)`,
  aboutOwners: `jsonb_build_object('owner', json -> 'owner', 'owners', json -> 'owners')`,
  withoutOwners: `json - 'owners' - 'owner'`,
  length: `CASE WHEN jsonb_typeof(json -> 'owners') = 'array' THEN jsonb_array_length(json -> 'owners') ELSE 1 END`,
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
  namesOwners: `JSON_CONTAINS_PATH(json, 'one', '$.owners', '$.owner') = 1`,
  aboutOwners: `JSON_OBJECT('owner', JSON_EXTRACT(json, '$.owner'), 'owners', JSON_EXTRACT(json, '$.owners'))`,
  withoutOwners: `JSON_REMOVE(json, '$.owners', '$.owner')`,
  length: `CASE WHEN JSON_TYPE(JSON_EXTRACT(json, '$.owners')) = 'ARRAY' THEN JSON_LENGTH(json, '$.owners') ELSE 1 END`,
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
