import type { PutBackStage, ShapeStatement } from '../database.ts';

/** Keys and indexes table by table, side by side; then everything else in its order. */
export function putBack(statements: readonly ShapeStatement[]): PutBackStage[] {
  const tables = new Map<string, string[]>();
  const rest: string[] = [];
  for (const { kind, table, create } of statements) {
    if (table === undefined || !['primary key', 'unique constraint', 'index'].includes(kind)) rest.push(create);
    else tables.set(table, [...(tables.get(table) ?? []), create]);
  }
  const keys = [...tables].map(([table, list]) => ({ table, statements: list }));
  return [keys, rest.length === 0 ? [] : [{ table: undefined, statements: rest }]].filter((stage) => stage.length > 0);
}
