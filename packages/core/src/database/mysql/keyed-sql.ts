import type { ColumnFacts, ValueKind } from '../keyed-rows.ts';
import type { Sql, SqlValue } from '../sql.ts';
import { join, raw } from '../sql.ts';
import { quote } from './quote.ts';
import { valueText } from './values.ts';

/** SQL of a column's value as it crosses: booleans as 1 and 0, bytes in hexadecimal. */
export function valueAs(column: ColumnFacts, kind: ValueKind): string {
  const name = quote(column.name);
  if (kind === 'boolean') return `(${name} <> 0)`;
  // The bytes of a BIT: HEX of a number is another thing.
  if (kind === 'bytes') return `HEX(CAST(${name} AS BINARY))`;
  // As text, a FLOAT has six digits. The product is a DOUBLE with all of them, and keeps the sign of a zero.
  return /^(float|double)\b/.test(column.type) ? `${name} * 1e0` : name;
}

/** The rows behind a key. A comparison of rows would read the index from its beginning. */
export function afterKey(key: readonly ColumnFacts[], values: readonly string[]): Sql {
  const ways = key.map((column, at) => {
    const same = key.slice(0, at).map((before, place) => `${quote(before.name)} = ${boundText(before, values[place])}`);
    return `(${[...same, `${quote(column.name)} > ${boundText(column, values[at])}`].join(' AND ')})`;
  });
  return join(ways.map(raw), ' OR ');
}

function boundText(column: ColumnFacts, value = ''): string {
  return keyText(column, column.kinds[0] === 'bytes' ? Buffer.from(value, 'hex') : value);
}

/** A number stands as such: compared with a text, it would be a double. */
export function keyText(column: ColumnFacts, value: SqlValue): string {
  const isNumber = column.kinds.includes('bigint') && typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value);
  return isNumber ? value : valueText(value);
}

/** The expression by which a key is looked up: of the column's own type and collation, so that its index is used. */
export function keyCast(column: ColumnFacts, value: string): string {
  if (column.charset !== undefined && column.collation !== undefined) {
    return `CONVERT(${value} USING ${column.charset}) COLLATE ${column.collation}`;
  }
  const [base = ''] = /^[a-z0-9]+/.exec(column.type) ?? [];
  const type = casts[base];
  return type === undefined ? value : `CAST(${value} AS ${type})`;
}

const casts: Readonly<Record<string, string>> = {
  date: 'DATE',
  datetime: 'DATETIME(6)',
  timestamp: 'DATETIME(6)',
  time: 'TIME(6)',
  uuid: 'UUID',
  inet4: 'INET4',
  inet6: 'INET6',
};
