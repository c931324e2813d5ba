import type { ColumnFacts, ValueKind } from '../keyed-rows.ts';
import type { Sql } from '../sql.ts';
import { identifier, join, sql } from '../sql.ts';
import { quote } from './quote.ts';

/** SQL of a column's value as it crosses: booleans as 1 and 0, bytes in hexadecimal. */
export function valueAs(column: ColumnFacts, kind: ValueKind): string {
  const name = quote(column.name);
  if (kind === 'boolean') return `${name}::int`;
  return kind === 'bytes' ? `pg_catalog.encode(${name}, 'hex')` : name;
}

/** The rows behind a key. A comparison of rows is what the planner finds the index for. */
export function afterKey(key: readonly ColumnFacts[], values: readonly string[]): Sql {
  const names = key.map(({ name }) => identifier(name));
  const bounds = key.map(({ kinds }, at) => (kinds[0] === 'bytes' ? `\\x${values[at]}` : (values[at] ?? '')));
  return sql`(${join(names)}) > (${join(bounds)})`;
}
