import { LockstepError } from '../../errors.ts';
import { assembleTables, chosenSchemas, tablesAtATime } from '../catalogue.ts';
import type { Catalogue, CatalogueDatabase, CatalogueOptions, CatalogueSchema, CatalogueTable } from '../catalogue.ts';
import type { Row, Session } from '../database.ts';
import { raw, sql } from '../sql.ts';
import type { Sql } from '../sql.ts';

/**
 * Reads pg_catalog, which shows every object, while information_schema shows only what the user has rights on.
 * A fixed number of queries for some hundred tables.
 *
 * @param open A session in another database of the same server.
 */
export async function* readCatalogue(
  open: (database: string) => Promise<Session>,
  home: Session,
  options: CatalogueOptions,
): Catalogue {
  for (const found of await home.query(databases(options.everyDatabase === true))) {
    const name = found['name'] ?? '';
    const attempt = found['home'] === '1' ? { session: home } : await tryOpen(open, name, found['refusal'] ?? null);
    try {
      yield await database(name, found['comment'] ?? null, attempt, options.includeSystem === true);
    } finally {
      if (attempt.session !== undefined && attempt.session !== home) await attempt.session.close();
    }
  }
}

type Attempt = { readonly session: Session } | { readonly session?: undefined; readonly reason: string };

/** The right to connect does not show in the catalogues alone: pg_hba.conf may refuse a database by its name. */
async function tryOpen(
  open: (database: string) => Promise<Session>,
  name: string,
  refusal: string | null,
): Promise<Attempt> {
  if (refusal !== null) return { reason: refusal };
  try {
    return { session: await open(name) };
  } catch (error) {
    const expected = ['LOGIN_REFUSED', 'DATABASE_MISSING', 'PRIVILEGE_MISSING'];
    if (!(error instanceof LockstepError) || !expected.includes(error.code)) throw error;
    return { reason: error.message };
  }
}

async function database(
  name: string,
  comment: string | null,
  attempt: Attempt,
  includeSystem: boolean,
): Promise<CatalogueDatabase> {
  const { session } = attempt;
  if (session === undefined) {
    return { name, comment, unreadable: attempt.reason, omitted: [], schemas: () => readSchemas(undefined, []) };
  }
  const { chosen, omitted } = chosenSchemas(await session.query(schemas(includeSystem)));
  return { name, comment, unreadable: null, omitted, schemas: () => readSchemas(session, chosen) };
}

async function* readSchemas(session: Session | undefined, rows: readonly Row[]): AsyncIterable<CatalogueSchema> {
  if (session === undefined) return;
  for (const row of rows) {
    const id = row['id'] ?? '';
    yield {
      name: row['name'] ?? '',
      comment: row['comment'] ?? null,
      tableCount: Number(row['table_count']),
      tables: () => readTables(session, id),
    };
  }
}

async function* readTables(session: Session, schemaId: string): AsyncIterable<CatalogueTable[]> {
  let after = '';
  while (true) {
    const batch = await session.transaction(async () => {
      // The queries of one batch see the same moment.
      await session.execute('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      const tables = await session.query(tablesAfter(schemaId, after));
      const last = tables.at(-1)?.['name'];
      if (last === undefined || last === null) return [];
      const range = tablesBetween(schemaId, after, last);
      return assembleTables(tables, await session.query(columnsOf(range)), await session.query(keysOf(range)));
    });
    if (batch.length > 0) yield batch;
    const last = batch.at(-1);
    if (last === undefined || batch.length < tablesAtATime) return;
    after = last.name;
  }
}

const tableKinds = raw(`c.relkind IN ('r', 'p', 'f', 'v', 'm') AND NOT c.relispartition`);

const databases = (every: boolean): Sql => sql`
  SELECT d.datname AS name, pg_catalog.shobj_description(d.oid, 'pg_database') AS comment,
    CASE WHEN d.datname = current_database() THEN '1' ELSE '0' END AS home,
    CASE WHEN NOT d.datallowconn THEN 'it accepts no connections'
      WHEN NOT pg_catalog.has_database_privilege(d.oid, 'CONNECT') THEN 'the user may not connect to it' END AS refusal
  FROM pg_catalog.pg_database d
  WHERE d.datname = current_database() OR (${every} AND NOT d.datistemplate)
  ORDER BY d.datname COLLATE "C"`;

/** Schemas for temporary tables and for TOAST hold nothing that has a name of its own. */
const schemas = (includeSystem: boolean): Sql => sql`
  SELECT n.oid::text AS id, n.nspname AS name, pg_catalog.obj_description(n.oid, 'pg_namespace') AS comment,
    CASE WHEN ${includeSystem} OR n.nspname NOT IN ('pg_catalog', 'information_schema') THEN '1' ELSE '0' END AS chosen,
    (SELECT count(*) FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND ${tableKinds}) AS table_count
  FROM pg_catalog.pg_namespace n
  WHERE n.nspname NOT LIKE 'pg\\_temp\\_%' AND n.nspname NOT LIKE 'pg\\_toast%'
  ORDER BY n.nspname COLLATE "C"`;

const tablesAfter = (schemaId: string, after: string): Sql => sql`
  SELECT c.relname AS name,
    CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'f' THEN 'foreign table'
      WHEN 'v' THEN 'view' ELSE 'materialized view' END AS kind,
    pg_catalog.obj_description(c.oid, 'pg_class') AS comment,
    CASE WHEN c.relkind <> 'v' AND c.reltuples >= 0 THEN c.reltuples::bigint END AS row_estimate,
    CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END AS definition
  FROM pg_catalog.pg_class c
  WHERE c.relnamespace = ${schemaId}::oid AND ${tableKinds} AND c.relname > ${after}::name
  ORDER BY c.relname LIMIT ${raw(String(tablesAtATime))}`;

const tablesBetween = (schemaId: string, after: string, last: string): Sql =>
  sql`c.relnamespace = ${schemaId}::oid AND ${tableKinds} AND c.relname > ${after}::name AND c.relname <= ${last}::name`;

/** A type modifier holds the length of text and bits, or precision and scale of a number (11 bits, with a sign). */
const columnsOf = (range: Sql): Sql => sql`
  WITH RECURSIVE domain_base (oid, base, modifier) AS (
    SELECT oid, typbasetype, typtypmod FROM pg_catalog.pg_type WHERE typtype = 'd'
    UNION ALL
    SELECT b.oid, t.typbasetype, t.typtypmod
    FROM domain_base b JOIN pg_catalog.pg_type t ON t.oid = b.base WHERE t.typtype = 'd'
  ), listed AS (
    SELECT c.relname AS table_name, a.*,
      coalesce(d.base, a.atttypid) AS base, coalesce(d.modifier, a.atttypmod) AS modifier
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN domain_base d ON d.oid = a.atttypid
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_type t WHERE t.oid = d.base AND t.typtype = 'd')
    WHERE ${range}
  )
  SELECT l.table_name, l.attname AS name, l.attnum AS position,
    pg_catalog.format_type(l.atttypid, l.atttypmod) AS type,
    CASE element.typtype WHEN 'e' THEN 'enum' WHEN 'c' THEN 'composite' WHEN 'r' THEN 'range'
      WHEN 'm' THEN 'multirange' ELSE element.typname END AS base_type,
    CASE WHEN element.oid <> whole.oid THEN '1' ELSE '0' END AS is_array,
    CASE WHEN l.modifier < 0 THEN NULL WHEN element.typname IN ('varchar', 'bpchar') THEN l.modifier - 4
      WHEN element.typname IN ('bit', 'varbit') THEN l.modifier END AS length,
    CASE WHEN l.modifier >= 0 AND element.typname = 'numeric' THEN ((l.modifier - 4) >> 16) & 65535 END AS precision,
    CASE WHEN l.modifier >= 0 AND element.typname = 'numeric' THEN (((l.modifier - 4) & 2047) # 1024) - 1024 END AS scale,
    CASE WHEN l.attnotnull OR (whole_type.typtype = 'd' AND whole_type.typnotnull) THEN '0' ELSE '1' END AS nullable,
    CASE WHEN l.attgenerated = '' THEN pg_catalog.pg_get_expr(e.adbin, e.adrelid) END AS default,
    CASE WHEN l.attgenerated <> '' THEN pg_catalog.pg_get_expr(e.adbin, e.adrelid) END AS generated,
    CASE WHEN l.attidentity <> '' OR pg_catalog.pg_get_expr(e.adbin, e.adrelid) LIKE 'nextval(%' THEN '1'
      ELSE '0' END AS counted,
    pg_catalog.col_description(l.attrelid, l.attnum) AS comment
  FROM listed l
  JOIN pg_catalog.pg_type whole_type ON whole_type.oid = l.atttypid
  JOIN pg_catalog.pg_type whole ON whole.oid = l.base
  JOIN pg_catalog.pg_type element
    ON element.oid = CASE WHEN whole.typcategory = 'A' AND whole.typelem <> 0 THEN whole.typelem ELSE whole.oid END
  LEFT JOIN pg_catalog.pg_attrdef e ON e.adrelid = l.attrelid AND e.adnum = l.attnum
  ORDER BY l.table_name, l.attnum`;

/** Constraints with a parent are the copies that Postgres makes for each partition. */
const keysOf = (range: Sql): Sql => sql`
  SELECT c.relname AS table_name, k.conname AS name,
    CASE k.contype WHEN 'p' THEN 'primary' WHEN 'u' THEN 'unique' ELSE 'foreign' END AS kind,
    own.attname AS column, target_schema.nspname AS target_schema, target.relname AS target_table,
    target_column.attname AS target_column
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.contype IN ('p', 'u', 'f') AND k.conparentid = 0
  CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS part (own, target, place)
  JOIN pg_catalog.pg_attribute own ON own.attrelid = c.oid AND own.attnum = part.own
  LEFT JOIN pg_catalog.pg_class target ON target.oid = k.confrelid AND k.contype = 'f'
  LEFT JOIN pg_catalog.pg_namespace target_schema ON target_schema.oid = target.relnamespace
  LEFT JOIN pg_catalog.pg_attribute target_column
    ON target_column.attrelid = target.oid AND target_column.attnum = part.target
  WHERE ${range}
  ORDER BY c.relname, k.conname, part.place`;
