import type { Fact } from '../../../shape/shape.ts';
import type { Catalogue } from './catalogue.ts';
import { columnOf } from './columns.ts';
import { display } from './name.ts';

/**
 * The columns and functions that an object's definition means, as the server recorded them. The text alone does not tell
 * which of two functions of the same name it calls.
 */
export function usesOf(catalogue: Catalogue, address: string): Record<string, Fact> {
  const needs = catalogue.neededBy.get(address) ?? [];
  const columns = needs.flatMap((need) => {
    const [kind, oid = ''] = need.address.split(':');
    const path = kind === 'pg_class' && need.column !== '0' ? columnOf(catalogue, oid, need.column) : null;
    return path === null ? [] : [display(...path)];
  });
  return { ...named('columns', columns), ...callsOf(catalogue, address) };
}

/** Only the functions, for what belongs to one table and means its columns. */
export function callsOf(catalogue: Catalogue, address: string): Record<string, Fact> {
  const needs = catalogue.neededBy.get(address) ?? [];
  return named(
    'calls',
    needs.flatMap(({ routine }) => routine ?? []),
  );
}

function named(fact: string, names: readonly string[]): Record<string, Fact> {
  return names.length === 0 ? {} : { [fact]: [...new Set(names)].toSorted() };
}
