import type { TableName } from '../database.ts';
import type { ColumnFacts, TableFacts, ValueKind } from '../keyed-rows.ts';
import { sql } from '../sql.ts';
import type { PostgresSession } from './session.ts';

/** The columns and unique keys of a table; without a schema, of the one that the search path finds. */
export async function readTableFacts(session: PostgresSession, table: TableName): Promise<TableFacts | undefined> {
  const rows = await session.query(sql`SELECT n.nspname AS schema, c.oid::text AS oid, c.relkind AS kind,
      a.attname AS name, pg_catalog.format_type(a.atttypid, -1) AS type, a.attnotnull AS needed,
      CASE WHEN t.typbasetype = 0 THEN t.typname ELSE b.typname END AS base
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
    WHERE c.relname = ${table.name} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND CASE WHEN ${table.schema} = ''
      THEN pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname = ${table.schema} END
    ORDER BY a.attnum`);
  const [first] = rows;
  if (!first) return undefined;
  const columns = rows.map((row) =>
    columnFacts(row['name'] ?? '', row['type'] ?? '', row['needed'] === 't', row['base']),
  );
  return {
    schema: first['schema'] ?? '',
    name: table.name,
    obstacle: obstacles[first['kind'] ?? ''],
    columns: new Map(columns.map((column) => [column.name, column])),
    uniqueKeys: await readUniqueKeys(session, first['oid'] ?? '0'),
  };
}

const obstacles: Readonly<Record<string, string>> = {
  v: 'it is a view',
  m: 'it is a materialized view',
  f: 'it is a foreign table',
};

function columnFacts(name: string, type: string, needed: boolean, base: string | null | undefined): ColumnFacts {
  const kinds = kindsOf[base ?? ''] ?? (['text'] as const);
  return { name, type, nullable: !needed, kinds, ordered: true };
}

const kindsOf: Readonly<Record<string, readonly ValueKind[]>> = {
  bytea: ['bytes'],
  bool: ['text', 'boolean'],
  int2: ['text', 'bigint'],
  int4: ['text', 'bigint'],
  int8: ['text', 'bigint'],
  oid: ['text', 'bigint'],
  numeric: ['text', 'bigint'],
};

/** Indexes with another operator class or collation than the column's own are in another order than ORDER BY. */
async function readUniqueKeys(session: PostgresSession, oid: string): Promise<string[][]> {
  const rows = await session.query(sql`SELECT i.indexrelid::text AS index, a.attname AS name
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
    JOIN pg_catalog.pg_am m ON m.oid = x.relam AND m.amname = 'btree'
    CROSS JOIN LATERAL unnest(i.indkey::int2[], i.indclass::oid[], i.indcollation::oid[])
      WITH ORDINALITY AS part (attribute, class, sorting, position)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = part.attribute
    JOIN pg_catalog.pg_opclass o ON o.oid = part.class
    WHERE i.indrelid = ${oid}::oid AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL
      AND i.indexprs IS NULL AND part.position <= i.indnkeyatts
      AND NOT EXISTS (SELECT FROM unnest(i.indkey::int2[], i.indclass::oid[], i.indcollation::oid[])
          WITH ORDINALITY AS other (attribute, class, sorting, position)
        JOIN pg_catalog.pg_attribute oa ON oa.attrelid = i.indrelid AND oa.attnum = other.attribute
        JOIN pg_catalog.pg_opclass oo ON oo.oid = other.class
        WHERE other.position <= i.indnkeyatts AND (NOT oo.opcdefault OR other.sorting NOT IN (0, oa.attcollation)))
    ORDER BY NOT i.indisprimary, i.indexrelid, part.position`);
  const keys = new Map<string, string[]>();
  for (const { index, name } of rows) keys.set(index ?? '', [...(keys.get(index ?? '') ?? []), name ?? '']);
  return [...keys.values()];
}
