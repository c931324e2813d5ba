import type { Reference, TableName } from './database.ts';

/** The query for the rows that break a foreign key: they have no parent. A row with a NULL in the key needs none. */
export function orphansQuery(
  { from, columns, to, toColumns }: Reference,
  quote: (name: string) => string,
  quoteTable: (table: TableName) => string,
): string {
  const pairs = columns.map((column, index) => `c.${quote(column)} = p.${quote(toColumns[index] ?? column)}`);
  const given = columns.map((column) => `c.${quote(column)} IS NOT NULL`);
  return `SELECT c.* FROM ${quoteTable(from)} c LEFT JOIN ${quoteTable(to)} p ON ${pairs.join(' AND ')} WHERE ${given.join(' AND ')} AND p.${quote(toColumns[0] ?? '')} IS NULL`;
}
