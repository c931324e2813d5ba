import type { Fact } from '../../../shape/shape.ts';
import type { Row } from '../../database.ts';
import type { Parts } from './parts.ts';
import { addComment, addObject, groupBy, label } from './parts.ts';

/** How a table is partitioned: a part of its facts. Null for one that is not. */
export function partitioning(rows: readonly Row[]): Fact {
  const [first] = rows;
  if (!first) return null;
  const names = groupBy(rows, 'name');
  const subpartitions = rows.filter((row) => row['name'] === first['name'] && row['sub_name'] !== null);
  return {
    method: first['method'] ?? null,
    expression: first['expression'] ?? null,
    partitions: [...names.keys()],
    subMethod: first['sub_method'] ?? null,
    subExpression: first['sub_expression'] ?? null,
    subpartitions: subpartitions.length,
  };
}

export function describePartitions(table: string, rows: readonly Row[], parts: Parts): void {
  for (const [name, [first, ...rest]] of groupBy(rows, 'name')) {
    const named = label(table, name);
    const subpartitions = [first, ...rest].flatMap((row) => row?.['sub_name'] ?? []);
    addObject(parts, 'partition', named, { values: first?.['description'] ?? null, subpartitions });
    addComment(parts, 'partition', named, first?.['comment'] ?? '');
  }
}

/** The clause of a table's definition, from what SHOW CREATE TABLE says. */
export function partitionClause(definition: string): string {
  const options = definition.lastIndexOf('\n) ENGINE=');
  const start = definition.indexOf('\n', options + 1);
  if (options === -1 || start === -1) return '';
  return definition
    .slice(start + 1)
    .replace(/^\s*\/\*!\d+ (.*?)\s*\*\/\s*$/s, '$1')
    .trim();
}
