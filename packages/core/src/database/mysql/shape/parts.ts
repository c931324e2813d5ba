import type { Fact, ShapeKind, ShapeObject, ShapeStatement, TableShape, Unsupported } from '../../../shape/shape.ts';
import type { Row } from '../../database.ts';

/** A shape while it is put together. */
export interface Parts {
  readonly objects: ShapeObject[];
  readonly tables: TableShape[];
  readonly before: ShapeStatement[];
  readonly after: ShapeStatement[];
  readonly unsupported: Unsupported[];
}

export function emptyParts(): Parts {
  return { objects: [], tables: [], before: [], after: [], unsupported: [] };
}

/** The name of something of a table, for people. Parts with a dot in them are quoted, so that no two names are alike. */
export function label(...path: readonly string[]): string {
  return path.map((part) => (/[.`]/.test(part) ? `\`${part.replaceAll('`', '``')}\`` : part)).join('.');
}

export function addObject(parts: Parts, kind: ShapeKind, name: string, facts: Fact): void {
  parts.objects.push({ kind, name, facts });
}

/** Comments are objects of their own: `comment column shop.name`. */
export function addComment(parts: Parts, kind: ShapeKind, name: string, comment: string): void {
  if (comment !== '') addObject(parts, 'comment', `${kind} ${name}`, { comment });
}

/** Rows by the value of one column, in the order in which they come. */
export function groupBy(rows: readonly Row[], column: string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = row[column] ?? '';
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}
