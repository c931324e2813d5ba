import type { Dialect } from './database.ts';

/** A quoted name with its schema, such as `"public"."shop"`. Empty parts are left out. */
export function quotePath(dialect: Dialect, ...path: readonly string[]): string {
  return path
    .filter((part) => part !== '')
    .map((part) => dialect.quote(part))
    .join('.');
}
