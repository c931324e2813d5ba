import { LockstepError } from '../../../errors.ts';
import type { Row } from '../../database.ts';

/** A value that the query always gives. */
export function text(row: Row, name: string): string {
  const value = row[name];
  if (value === null || value === undefined)
    throw new LockstepError('INTERNAL', { reason: `the catalogue has no ${name}` });
  return value;
}

export function optional(row: Row, name: string): string | null {
  return row[name] ?? null;
}

export function flag(row: Row, name: string): boolean {
  const value = text(row, name);
  return value === 't' || value === 'true';
}

/** An array that the query wrote as JSON. NULL is an empty one. */
export function strings(row: Row, name: string): string[] {
  const value = optional(row, name);
  if (value === null) return [];
  const list: unknown = JSON.parse(value);
  return Array.isArray(list) ? list.map(String) : [];
}

export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
