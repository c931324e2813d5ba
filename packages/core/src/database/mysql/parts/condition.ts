import type { KeyType } from './key-type.ts';

/** SQL literals for the first columns of a key. */
export type Bound = readonly string[];

/** Rows at `from` or behind it and before `to`. Since no part of a primary key is NULL, each row has one place. */
export function condition(key: readonly KeyType[], from: Bound | undefined, to: Bound | undefined): string {
  const sides = [...(from ? [atOrBehind(key, from)] : []), ...(to ? [before(key, to)] : [])];
  return sides.join(' AND ');
}

/** `(a > 1 OR (a = 1 AND (b >= 2)))`: the servers find no range in the shorter `(a, b) >= (1, 2)`. */
function atOrBehind(key: readonly KeyType[], bound: Bound): string {
  return compare(key, bound, '>', '>=');
}

function before(key: readonly KeyType[], bound: Bound): string {
  return compare(key, bound, '<', '<');
}

function compare(key: readonly KeyType[], bound: Bound, strict: string, last: string): string {
  const [column, ...columns] = key;
  const [value, ...values] = bound;
  if (!column || value === undefined) return '';
  if (values.length === 0) return `(${column.name} ${last} ${value})`;
  const rest = compare(columns, values, strict, last);
  return `(${column.name} ${strict} ${value} OR (${column.name} = ${value} AND ${rest}))`;
}
