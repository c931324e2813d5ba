import type { Reference, Session, Shape, TableName, TableShape } from '../database/database.ts';
import { identifier, join, sql } from '../database/sql.ts';

/** A foreign key with rows that point to nothing. */
export interface Dangling {
  readonly foreignKey: string;
  /** How many rows. */
  readonly rows: number;
}

/** The foreign keys from or to these tables that do not hold any more, by the order of their names. */
export async function findDangling(session: Session, shape: Shape, tables: readonly TableShape[]): Promise<Dangling[]> {
  const found: Dangling[] = [];
  for (const { name, reference } of shape.after) {
    if (!reference?.validated || !touches(reference, tables)) continue;
    const rows = await countDangling(session, reference);
    if (rows > 0) found.push({ foreignKey: name, rows });
  }
  return found.toSorted((a, b) => (a.foreignKey < b.foreignKey ? -1 : 1));
}

export function touches({ from, to }: Reference, tables: readonly TableShape[]): boolean {
  return tables.some((table) => isSame(table, from) || isSame(table, to));
}

async function countDangling(session: Session, { from, columns, to, toColumns }: Reference): Promise<number> {
  const pairs = columns.map(
    (column, index) => sql`c.${identifier(column)} = p.${identifier(toColumns[index] ?? column)}`,
  );
  const given = columns.map((column) => sql`c.${identifier(column)} IS NOT NULL`);
  const [row] = await session.query(sql`SELECT COUNT(*) AS dangling
    FROM ${identifier(from.schema, from.name)} c LEFT JOIN ${identifier(to.schema, to.name)} p ON ${join(pairs, ' AND ')}
    WHERE ${join(given, ' AND ')} AND p.${identifier(toColumns[0] ?? '')} IS NULL`);
  return Number(row?.['dangling'] ?? 0);
}

function isSame(a: TableName, b: TableName): boolean {
  return a.schema === b.schema && a.name === b.name;
}
