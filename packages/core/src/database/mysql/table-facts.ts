import type { Row } from '../database.ts';
import type { ColumnFacts, TableFacts, ValueKind } from '../keyed-rows.ts';
import { literal, quote } from './quote.ts';
import type { Wire } from './wire.ts';

/** The columns and unique keys of a table of the database. */
export async function readTableFacts(wire: Wire, name: string): Promise<TableFacts | undefined> {
  const place = `table_schema = DATABASE() AND table_name = ${literal(name)}`;
  const [table] = await wire.rows(
    `SELECT table_name AS name, table_type AS kind, engine AS engine FROM information_schema.tables WHERE ${place}`,
  );
  if (!table) return undefined;
  const columns = await wire.rows(`SELECT column_name AS name, data_type AS base, column_type AS type,
    is_nullable AS nullable, character_set_name AS charset, collation_name AS collation
    FROM information_schema.columns WHERE ${place} ORDER BY ordinal_position`);
  const obstacle = obstacleOf(table);
  return {
    schema: '',
    name: table['name'] ?? name,
    obstacle,
    columns: new Map(columns.map((row) => [row['name'] ?? '', columnFacts(row)])),
    uniqueKeys: obstacle === undefined ? await readUniqueKeys(wire, name) : [],
  };
}

function obstacleOf(table: Row): string | undefined {
  if (table['kind'] !== 'BASE TABLE') return 'it is a view';
  return table['engine'] === 'InnoDB' ? undefined : `its engine ${table['engine']} knows no transactions`;
}

function columnFacts(row: Row): ColumnFacts {
  const base = (row['base'] ?? '').toLowerCase();
  return {
    name: row['name'] ?? '',
    type: row['type'] ?? '',
    nullable: row['nullable'] === 'YES',
    kinds: kindsOf(base),
    ordered: !unordered.has(base),
    charset: row['charset'] ?? undefined,
    collation: row['collation'] ?? undefined,
  };
}

/** An ENUM is sorted by the number of its value and compared as a text; the text of a FLOAT is not the number. */
const unordered = new Set(['enum', 'set', 'float', 'double', 'json', 'bit']);

const integers = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'year']);
const bytes = new Set(
  `binary varbinary tinyblob blob mediumblob longblob vector geometry point linestring polygon multipoint
  multilinestring multipolygon geometrycollection geomcollection`.split(/\s+/),
);

function kindsOf(base: string): readonly ValueKind[] {
  if (base === 'bit') return ['bytes', 'boolean'];
  if (bytes.has(base)) return ['bytes'];
  return integers.has(base) ? ['text', 'bigint', 'boolean'] : ['text'];
}

async function readUniqueKeys(wire: Wire, name: string): Promise<string[][]> {
  const rows = await wire.rows(`SHOW INDEX FROM ${quote(name)}`);
  const keys = new Map<string, Row[]>();
  for (const row of rows.filter((each) => each['Non_unique'] === '0' && each['Index_type'] === 'BTREE')) {
    const index = row['Key_name'] ?? '';
    keys.set(index, [...(keys.get(index) ?? []), row]);
  }
  // A part may be a prefix of its column or an expression, and an index may be hidden from the planner.
  const isWhole = (row: Row): boolean =>
    row['Sub_part'] === null && row['Column_name'] !== null && row['Visible'] !== 'NO' && row['Ignored'] !== 'YES';
  return [...keys.values()]
    .filter((parts) => parts.every(isWhole))
    .map((parts) => parts.map((part) => part['Column_name'] ?? ''));
}
