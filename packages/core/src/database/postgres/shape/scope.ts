import { ownTableNames } from '../../../state/names.ts';
import { literal } from '../quote.ts';

/** What the queries look at. */
export interface Scope {
  /** The server's version as a number: 150018, 180006. */
  readonly version: number;
  /** SQL of an array with the schemas' names. */
  readonly schemas: string;
}

export function scopeOf(version: number, schemas: readonly string[]): Scope {
  return { version, schemas: array(schemas) };
}

/**
 * A subquery: the relations in the schemas, with their schema's name. Those of extensions are left out, and Lockstep's
 * own tables; what belongs to a table is found through it, and so is left out with it.
 */
export function relations(scope: Scope): string {
  return `(SELECT c.*, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY (${scope.schemas}) AND NOT (c.relkind IN ('r', 'p') AND c.relname = ANY (${array(ownTableNames)}))
      AND ${notOfExtension('pg_class', 'c.oid')})`;
}

/** The condition that an object is not a member of an extension. */
export function notOfExtension(catalogue: string, oid: string): string {
  return `NOT EXISTS (SELECT FROM pg_depend member
    WHERE member.classid = '${catalogue}'::regclass AND member.objid = ${oid} AND member.deptype = 'e')`;
}

export function array(names: readonly string[]): string {
  return `ARRAY[${names.map(literal).join(', ')}]::text[]`;
}
