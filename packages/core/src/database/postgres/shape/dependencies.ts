import type { Scope } from './scope.ts';

/**
 * What an object needs, as pg_depend has it: normal dependencies only, since what belongs together (an index and its
 * table, a sequence and its column) is known from the catalogues themselves. Built-in objects are not in pg_depend.
 */
export function dependenciesQuery(_scope: Scope): string {
  return `SELECT d.classid::regclass || ':' || d.objid AS address, d.refclassid::regclass || ':' || d.refobjid AS needs,
      d.refobjsubid AS column
    FROM pg_depend d
    WHERE d.deptype = 'n' AND d.objid >= 16384 AND d.refobjid >= 16384 AND d.refclassid <> 'pg_namespace'::regclass`;
}

/** What extensions brought along. */
export function membersQuery(_scope: Scope): string {
  return `SELECT d.classid::regclass || ':' || d.objid AS address, d.refobjid AS extension
    FROM pg_depend d WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'`;
}
