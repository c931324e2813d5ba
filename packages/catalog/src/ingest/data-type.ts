/**
 * The catalog's names of data types, by the bare names that the engines give. Several engines' names stand together:
 * where two engines use the same word, they mean the same.
 */
const dataTypes: Readonly<Record<string, string>> = {
  // numbers
  bigint: 'BIGINT',
  bit: 'BIT',
  bool: 'BOOLEAN',
  decimal: 'DECIMAL',
  double: 'DOUBLE',
  float: 'FLOAT',
  float4: 'FLOAT',
  float8: 'DOUBLE',
  int: 'INT',
  int2: 'SMALLINT',
  int4: 'INT',
  int8: 'BIGINT',
  mediumint: 'INT',
  money: 'MONEY',
  numeric: 'NUMERIC',
  oid: 'INT',
  smallint: 'SMALLINT',
  tinyint: 'TINYINT',
  varbit: 'BIT',
  xid: 'INT',
  // texts
  bpchar: 'CHAR',
  char: 'CHAR',
  longtext: 'TEXT',
  mediumtext: 'MEDIUMTEXT',
  name: 'STRING',
  text: 'TEXT',
  tinytext: 'TEXT',
  varchar: 'VARCHAR',
  // bytes
  binary: 'BINARY',
  blob: 'BLOB',
  bytea: 'BYTEA',
  longblob: 'LONGBLOB',
  mediumblob: 'MEDIUMBLOB',
  tinyblob: 'BLOB',
  varbinary: 'VARBINARY',
  // times
  date: 'DATE',
  datetime: 'DATETIME',
  interval: 'INTERVAL',
  time: 'TIME',
  timestamp: 'TIMESTAMP',
  timestamptz: 'TIMESTAMPZ',
  timetz: 'TIME',
  year: 'YEAR',
  // documents, addresses, places and the rest
  cidr: 'CIDR',
  composite: 'STRUCT',
  enum: 'ENUM',
  geometry: 'GEOMETRY',
  inet: 'INET',
  inet4: 'IPV4',
  inet6: 'IPV6',
  json: 'JSON',
  jsonb: 'JSON',
  macaddr: 'MACADDR',
  macaddr8: 'MACADDR',
  pg_lsn: 'PG_LSN',
  pg_snapshot: 'PG_SNAPSHOT',
  point: 'POINT',
  polygon: 'POLYGON',
  set: 'SET',
  tsquery: 'TSQUERY',
  tsvector: 'TSVECTOR',
  txid_snapshot: 'TXID_SNAPSHOT',
  uuid: 'UUID',
  xml: 'XML',
};

/** `UNKNOWN` for a type without a name of its own in the catalog; its display keeps the engine's words. */
export function dataTypeOf(baseType: string): string {
  return Object.hasOwn(dataTypes, baseType) ? (dataTypes[baseType] ?? 'UNKNOWN') : 'UNKNOWN';
}
