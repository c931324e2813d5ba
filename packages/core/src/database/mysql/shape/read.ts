import type { Row } from '../../database.ts';
import { isOwnTable } from '../../../state/names.ts';
import type { Flavour } from '../flavour.ts';
import { literal } from '../quote.ts';
import type { Wire } from '../wire.ts';

/** What information_schema says about a database, without Lockstep's own tables. Rows in a fixed order. */
export interface Rows {
  readonly tables: readonly Row[];
  readonly columns: readonly Row[];
  /** One row for each column of each index. */
  readonly indexes: readonly Row[];
  readonly checks: readonly Row[];
  /** One row for each column of each foreign key. */
  readonly foreignKeys: readonly Row[];
  readonly partitions: readonly Row[];
  readonly routines: readonly Row[];
  readonly triggers: readonly Row[];
  readonly events: readonly Row[];
  readonly others: readonly Row[];
}

/**
 * Reads information_schema with a fixed number of queries, each filtered by the database alone: MariaDB opens every
 * table for each of them, and joins would multiply that.
 */
export async function readRows(wire: Wire, flavour: Flavour, database: string): Promise<Rows> {
  const name = literal(database);
  const mysql = flavour.family === 'mysql';
  const read = async (columns: string, table: string, where: string, order: string): Promise<Row[]> => {
    const rows = await wire.rows(
      `SELECT ${columns} FROM information_schema.${table} WHERE ${where} = ${name} ORDER BY ${order}`,
    );
    return rows.filter((row) => !isOwnTable(row['table_name'] ?? ''));
  };
  const tables = await read(tableColumns, 'TABLES', 'TABLE_SCHEMA', 'CAST(TABLE_NAME AS BINARY)');
  return {
    tables,
    columns: await read(
      `${columnColumns}, ${mysql ? 'SRS_ID' : 'NULL'} AS srid`,
      'COLUMNS',
      'TABLE_SCHEMA',
      'TABLE_NAME, ORDINAL_POSITION',
    ),
    indexes: await read(
      mysql
        ? `${indexColumns}, EXPRESSION AS expression, IS_VISIBLE AS visible`
        : `${indexColumns}, NULL AS expression, IF(IGNORED = 'YES', 'NO', 'YES') AS visible`,
      'STATISTICS',
      'TABLE_SCHEMA',
      'CAST(TABLE_NAME AS BINARY), CAST(INDEX_NAME AS BINARY), SEQ_IN_INDEX',
    ),
    checks: mysql
      ? await readMysqlChecks(read)
      : await read(mariadbChecks, 'CHECK_CONSTRAINTS', 'CONSTRAINT_SCHEMA', checkOrder),
    foreignKeys: await readForeignKeys(read),
    partitions: await readPartitions(read),
    routines: await read(routineColumns, 'ROUTINES', 'ROUTINE_SCHEMA', 'CAST(ROUTINE_NAME AS BINARY), ROUTINE_TYPE'),
    triggers: await read(
      triggerColumns,
      'TRIGGERS',
      'TRIGGER_SCHEMA',
      'CAST(EVENT_OBJECT_TABLE AS BINARY), ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER',
    ),
    events: await read(eventColumns, 'EVENTS', 'EVENT_SCHEMA', 'CAST(EVENT_NAME AS BINARY)'),
    others: mysql ? await readLibraries(wire, name) : [],
  };
}

type Read = (columns: string, table: string, where: string, order: string) => Promise<Row[]>;

const tableColumns = `TABLE_NAME AS table_name, TABLE_TYPE AS type, ENGINE AS engine, TABLE_COLLATION AS collation,
  CREATE_OPTIONS AS options, TABLE_COMMENT AS comment`;

const columnColumns = `TABLE_NAME AS table_name, COLUMN_NAME AS name, COLUMN_DEFAULT AS \`default\`, IS_NULLABLE AS nullable,
  DATA_TYPE AS data_type, COLUMN_TYPE AS type, CHARACTER_SET_NAME AS charset, COLLATION_NAME AS collation, EXTRA AS extra,
  GENERATION_EXPRESSION AS expression, COLUMN_COMMENT AS comment`;

const indexColumns = `TABLE_NAME AS table_name, INDEX_NAME AS name, NON_UNIQUE AS non_unique, COLUMN_NAME AS \`column\`,
  COLLATION AS direction, SUB_PART AS prefix, INDEX_TYPE AS type, INDEX_COMMENT AS comment`;

const mariadbChecks = `TABLE_NAME AS table_name, CONSTRAINT_NAME AS name, CHECK_CLAUSE AS clause, LEVEL AS level, 'YES' AS enforced`;
const checkOrder = 'CAST(TABLE_NAME AS BINARY), CAST(CONSTRAINT_NAME AS BINARY)';

const routineColumns = `ROUTINE_NAME AS name, ROUTINE_TYPE AS type, ROUTINE_DEFINITION AS body, ROUTINE_COMMENT AS comment,
  SQL_MODE AS sql_mode, CHARACTER_SET_CLIENT AS charset, COLLATION_CONNECTION AS collation`;

const triggerColumns = `TRIGGER_NAME AS name, EVENT_OBJECT_TABLE AS table_name, ACTION_TIMING AS timing,
  EVENT_MANIPULATION AS event, ACTION_ORDER AS position, ACTION_STATEMENT AS body, SQL_MODE AS sql_mode,
  CHARACTER_SET_CLIENT AS charset, COLLATION_CONNECTION AS collation`;

const eventColumns = `EVENT_NAME AS name, EVENT_DEFINITION AS body, TIME_ZONE AS time_zone, EVENT_TYPE AS type,
  EXECUTE_AT AS execute_at, INTERVAL_VALUE AS interval_value, INTERVAL_FIELD AS interval_field, STARTS AS starts,
  ENDS AS ends, CREATED AS created, STATUS AS status, ON_COMPLETION AS on_completion, EVENT_COMMENT AS comment,
  SQL_MODE AS sql_mode, CHARACTER_SET_CLIENT AS charset, COLLATION_CONNECTION AS collation`;

/** Two queries put together here: the server's join of the two views takes minutes for some thousand checks. */
async function readMysqlChecks(read: Read): Promise<Row[]> {
  const clauses = await read(
    'CONSTRAINT_NAME AS name, CHECK_CLAUSE AS clause',
    'CHECK_CONSTRAINTS',
    'CONSTRAINT_SCHEMA',
    'CAST(CONSTRAINT_NAME AS BINARY)',
  );
  if (clauses.length === 0) return [];
  const tables = await read(
    `TABLE_NAME AS table_name, CONSTRAINT_NAME AS name, 'Table' AS level, ENFORCED AS enforced`,
    'TABLE_CONSTRAINTS',
    `CONSTRAINT_TYPE = 'CHECK' AND TABLE_SCHEMA`,
    'CAST(TABLE_NAME AS BINARY), CAST(CONSTRAINT_NAME AS BINARY)',
  );
  const clauseOf = new Map(clauses.map((row) => [row['name'], row['clause'] ?? '']));
  return tables.map((row) => ({ ...row, clause: clauseOf.get(row['name']) ?? '' }));
}

async function readForeignKeys(read: Read): Promise<Row[]> {
  const rules = await read(
    `TABLE_NAME AS table_name, CONSTRAINT_NAME AS name, UPDATE_RULE AS update_rule, DELETE_RULE AS delete_rule,
    UNIQUE_CONSTRAINT_NAME AS target_key`,
    'REFERENTIAL_CONSTRAINTS',
    'CONSTRAINT_SCHEMA',
    'CAST(TABLE_NAME AS BINARY), CAST(CONSTRAINT_NAME AS BINARY)',
  );
  if (rules.length === 0) return [];
  const columns = await read(
    `TABLE_NAME AS table_name, CONSTRAINT_NAME AS name, COLUMN_NAME AS \`column\`, REFERENCED_TABLE_SCHEMA AS target_schema,
    REFERENCED_TABLE_NAME AS target_table, REFERENCED_COLUMN_NAME AS target_column`,
    'KEY_COLUMN_USAGE',
    'REFERENCED_TABLE_NAME IS NOT NULL AND TABLE_SCHEMA',
    'CAST(TABLE_NAME AS BINARY), CAST(CONSTRAINT_NAME AS BINARY), ORDINAL_POSITION',
  );
  const ruleOf = new Map(rules.map((rule) => [`${rule['table_name']}\0${rule['name']}`, rule]));
  return columns.map((column) => ({ ...ruleOf.get(`${column['table_name']}\0${column['name']}`), ...column }));
}

async function readPartitions(read: Read): Promise<Row[]> {
  return read(
    `TABLE_NAME AS table_name, PARTITION_NAME AS name, SUBPARTITION_NAME AS sub_name, PARTITION_METHOD AS method,
    SUBPARTITION_METHOD AS sub_method, PARTITION_EXPRESSION AS expression, SUBPARTITION_EXPRESSION AS sub_expression,
    PARTITION_DESCRIPTION AS description, PARTITION_COMMENT AS comment`,
    'PARTITIONS',
    'PARTITION_NAME IS NOT NULL AND TABLE_SCHEMA',
    'CAST(TABLE_NAME AS BINARY), PARTITION_ORDINAL_POSITION, SUBPARTITION_ORDINAL_POSITION',
  );
}

/** Libraries of JavaScript came with MySQL 9.2; before, the question has no answer. */
async function readLibraries(wire: Wire, name: string): Promise<Row[]> {
  const known = await wire.rows(
    `SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'information_schema' AND TABLE_NAME = 'LIBRARIES'`,
  );
  if (known.length === 0) return [];
  return wire.rows(`SELECT 'library' AS kind, LIBRARY_NAME AS name FROM information_schema.LIBRARIES
    WHERE LIBRARY_SCHEMA = ${name} ORDER BY 2`);
}
