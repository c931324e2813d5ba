import type { Scope } from './scope.ts';

/**
 * What an object needs, as pg_depend has it: normal dependencies only, since what belongs together (an index and its
 * table, a sequence and its column) is known from the catalogues themselves. Built-in objects are not in pg_depend.
 * An address is the name of a catalogue and an oid, as in `pg_class:16384`. `routine` is the name of a function that is
 * needed, with the types of its arguments.
 */
export function dependenciesQuery(_scope: Scope): string {
  return `SELECT c.relname || ':' || d.objid AS address, r.relname || ':' || d.refobjid AS needs,
      d.refobjsubid AS column, n.nspname AS schema, p.proname AS routine, oidvectortypes(p.proargtypes) AS arguments
    FROM pg_depend d
    JOIN pg_class c ON c.oid = d.classid
    JOIN pg_class r ON r.oid = d.refclassid
    LEFT JOIN pg_proc p ON p.oid = d.refobjid AND d.refclassid = 'pg_proc'::regclass
    LEFT JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE d.deptype = 'n' AND d.objid >= 16384 AND d.refobjid >= 16384 AND d.refclassid <> 'pg_namespace'::regclass`;
}

/** What extensions brought along. */
export function membersQuery(_scope: Scope): string {
  return `SELECT c.relname || ':' || d.objid AS address, d.refobjid AS extension
    FROM pg_depend d JOIN pg_class c ON c.oid = d.classid
    WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'`;
}
