import { assembleTables, chosenSchemas, tablesAtATime } from '../catalogue.ts';
import type { Catalogue, CatalogueOptions, CatalogueSchema, CatalogueTable } from '../catalogue.ts';
import type { Row, Session } from '../database.ts';
import { join, raw, sql } from '../sql.ts';
import type { Sql } from '../sql.ts';

/**
 * Reads information_schema, which shows what the user has rights on. A fixed number of queries for some hundred
 * tables, without joins: MariaDB opens every table of the schema for each row of a join.
 */
export async function* readCatalogue(session: Session, mariadb: boolean, options: CatalogueOptions): Catalogue {
  const { chosen, omitted } = chosenSchemas(await session.query(schemas(mariadb, options)));
  const counts = new Map((await session.query(tableCounts)).map((row) => [row['name'], Number(row['table_count'])]));
  async function* read(): AsyncIterable<CatalogueSchema> {
    for (const row of chosen) {
      const name = row['name'] ?? '';
      const tableCount = counts.get(name) ?? 0;
      yield { name, comment: row['comment'] || null, tableCount, tables: () => readTables(session, mariadb, name) };
    }
  }
  yield { name: 'default', comment: null, unreadable: null, omitted, schemas: read };
}

async function* readTables(session: Session, mariadb: boolean, schema: string): AsyncIterable<CatalogueTable[]> {
  let after = '';
  while (true) {
    const tables = await session.query(tablesAfter(schema, after));
    const last = tables.at(-1)?.['name'];
    if (last === undefined || last === null) return;
    const range = tablesBetween(schema, after, last);
    const views = await session.query(viewsOf(range));
    const definitions = new Map(views.map((view) => [view['name'], view['definition'] ?? null]));
    const rows = tables.map((table) => ({ ...table, definition: definitions.get(table['name']) ?? null }));
    yield assembleTables(rows, await session.query(columnsOf(range, mariadb)), await readKeys(session, mariadb, range));
    if (tables.length < tablesAtATime) return;
    after = last;
  }
}

/** A unique key over expressions says nothing about columns; KEY_COLUMN_USAGE shows only those of its parts that are one. */
async function readKeys(session: Session, mariadb: boolean, range: Sql): Promise<Row[]> {
  const keys = await session.query(keysOf(range));
  if (mariadb) return keys;
  const functional = await session.query(functionalKeysOf(range));
  const names = new Set(functional.map((row) => `${row['table_name']}\0${row['name']}`));
  return keys.filter((row) => !names.has(`${row['table_name']}\0${row['name']}`));
}

const systemSchemas = ['information_schema', 'mysql', 'ndbinfo', 'performance_schema', 'sys'];

/** The database of the URL is always chosen: it was asked for by name. */
function schemas(mariadb: boolean, options: CatalogueOptions): Sql {
  const system = sql`SCHEMA_NAME IN (${join(systemSchemas)})`;
  const others = options.everyDatabase === true ? sql`NOT (${system})` : sql`1 = 0`;
  const owned = options.includeSystem === true ? system : sql`1 = 0`;
  return sql`SELECT SCHEMA_NAME AS name, ${raw(mariadb ? 'SCHEMA_COMMENT' : 'NULL')} AS comment,
    CASE WHEN SCHEMA_NAME = DATABASE() OR ${others} OR ${owned} THEN '1' ELSE '0' END AS chosen
    FROM information_schema.SCHEMATA ORDER BY CAST(SCHEMA_NAME AS BINARY)`;
}

/** A sequence of MariaDB is not a table. */
const isTable = raw(`TABLE_TYPE NOT IN ('SEQUENCE', 'TEMPORARY')`);

const tableCounts = sql`SELECT TABLE_SCHEMA AS name, COUNT(*) AS table_count FROM information_schema.TABLES
  WHERE ${isTable} GROUP BY TABLE_SCHEMA`;

/** Names are compared by their bytes: the collation of information_schema differs between servers. */
const after = (schema: string, name: string): Sql =>
  sql`TABLE_SCHEMA = ${schema} AND CAST(TABLE_NAME AS BINARY) > CAST(${name} AS BINARY)`;

/** A view's comment is the word VIEW, or why it cannot be used. */
const tablesAfter = (schema: string, name: string): Sql => sql`
  SELECT TABLE_NAME AS name, CASE WHEN TABLE_TYPE LIKE '%VIEW' THEN 'view' ELSE 'table' END AS kind,
    CASE WHEN TABLE_TYPE LIKE '%VIEW' THEN NULL ELSE TABLE_COMMENT END AS comment,
    CASE WHEN TABLE_TYPE LIKE '%VIEW' THEN NULL ELSE TABLE_ROWS END AS row_estimate
  FROM information_schema.TABLES WHERE ${after(schema, name)} AND ${isTable}
  ORDER BY CAST(TABLE_NAME AS BINARY) LIMIT ${raw(String(tablesAtATime))}`;

const tablesBetween = (schema: string, first: string, last: string): Sql =>
  sql`${after(schema, first)} AND CAST(TABLE_NAME AS BINARY) <= CAST(${last} AS BINARY)`;

const viewsOf = (range: Sql): Sql =>
  sql`SELECT TABLE_NAME AS name, VIEW_DEFINITION AS definition FROM information_schema.VIEWS WHERE ${range}`;

/**
 * MariaDB writes defaults as SQL, with the word NULL where there is none. MySQL writes a literal without its quotes,
 * and says in EXTRA where the default is an expression.
 */
const mariadbDefault = raw(`CASE WHEN COLUMN_DEFAULT <> 'NULL' THEN COLUMN_DEFAULT END`);
const mysqlDefault = raw(`CASE WHEN EXTRA NOT LIKE '%DEFAULT_GENERATED%'
    AND DATA_TYPE IN ('char', 'varchar', 'enum', 'set', 'date', 'time', 'datetime', 'timestamp')
    AND COLUMN_DEFAULT IS NOT NULL THEN QUOTE(COLUMN_DEFAULT) ELSE COLUMN_DEFAULT END`);

const columnsOf = (range: Sql, mariadb: boolean): Sql => sql`
  SELECT TABLE_NAME AS table_name, COLUMN_NAME AS name, ORDINAL_POSITION AS \`position\`, COLUMN_TYPE AS \`type\`,
    DATA_TYPE AS base_type, '0' AS is_array,
    CASE WHEN DATA_TYPE IN ('char', 'varchar', 'binary', 'varbinary') THEN CHARACTER_MAXIMUM_LENGTH
      WHEN DATA_TYPE = 'bit' THEN NUMERIC_PRECISION END AS length,
    CASE WHEN DATA_TYPE = 'decimal' THEN NUMERIC_PRECISION END AS \`precision\`,
    CASE WHEN DATA_TYPE = 'decimal' THEN NUMERIC_SCALE END AS scale,
    CASE WHEN IS_NULLABLE = 'YES' THEN '1' ELSE '0' END AS nullable,
    ${mariadb ? mariadbDefault : mysqlDefault} AS \`default\`, GENERATION_EXPRESSION AS \`generated\`,
    CASE WHEN EXTRA LIKE '%auto_increment%' THEN '1' ELSE '0' END AS counted, COLUMN_COMMENT AS comment
  FROM information_schema.COLUMNS WHERE ${range}
  ORDER BY CAST(TABLE_NAME AS BINARY), ORDINAL_POSITION`;

const keysOf = (range: Sql): Sql => sql`
  SELECT TABLE_NAME AS table_name, CONSTRAINT_NAME AS name,
    CASE WHEN REFERENCED_TABLE_NAME IS NOT NULL THEN 'foreign' WHEN CONSTRAINT_NAME = 'PRIMARY' THEN 'primary'
      ELSE 'unique' END AS kind,
    COLUMN_NAME AS \`column\`, REFERENCED_TABLE_SCHEMA AS target_schema, REFERENCED_TABLE_NAME AS target_table,
    REFERENCED_COLUMN_NAME AS target_column
  FROM information_schema.KEY_COLUMN_USAGE WHERE ${range}
  ORDER BY CAST(TABLE_NAME AS BINARY), CONSTRAINT_NAME, ORDINAL_POSITION`;

const functionalKeysOf = (range: Sql): Sql =>
  sql`SELECT DISTINCT TABLE_NAME AS table_name, INDEX_NAME AS name FROM information_schema.STATISTICS
    WHERE ${range} AND COLUMN_NAME IS NULL`;
