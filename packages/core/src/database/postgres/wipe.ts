import { LockstepError } from '../../errors.ts';
import { ownTableNames } from '../../state/names.ts';
import type { Row, Session } from '../database.ts';
import { raw } from '../sql.ts';
import { groupBy, text } from './shape/row.ts';
import { array, notOfExtension } from './shape/scope.ts';

/**
 * Every object that a statement drops or creates is locked until its transaction ends, and the server has room for
 * some thousand locks. A table brings its indexes and sequences along.
 */
const atOnce = 50;

/**
 * Drops every object in the schemas. The schemas themselves, what belongs to extensions, and Lockstep's own tables stay.
 * Safe to run again after it was cut off.
 *
 * Throws TARGET_NOT_CLEAN if something in another schema depends on what is to be dropped, before anything is.
 */
export async function wipe(session: Session, schemas: readonly string[]): Promise<void> {
  await refuseDependents(session, schemas);
  // Tables first, partitions before the tables that they are parts of: they take most of the rest with them.
  for (const kinds of [`'m', 'v'`, `'r', 'f'`, `'p'`, `'S', 'c'`]) await dropAll(session, relations(schemas, kinds));
  for (const query of others(schemas)) await dropAll(session, query);
}

async function dropAll(session: Session, query: string): Promise<void> {
  const found = await session.query(raw(query));
  for (const [type, rows] of groupBy(found, (row) => text(row, 'type'))) {
    for (let start = 0; start < rows.length; start += atOnce) {
      const names = rows.slice(start, start + atOnce).map((row) => text(row, 'identity'));
      // Only one operator class or family can be dropped by one statement.
      const lists = type.startsWith('operator ') ? names : [names.join(', ')];
      for (const list of lists) await session.execute(`DROP ${type} IF EXISTS ${list} CASCADE`);
    }
  }
}

function relations(schemas: readonly string[], kinds: string): string {
  return `SELECT ${identity('pg_catalog.pg_class', 'c.oid')}
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY (${array(schemas)}) AND c.relkind IN (${kinds}) AND c.relname <> ALL (${array(ownTableNames)})
      AND ${notOfExtension('pg_catalog.pg_class', 'c.oid')}
    ORDER BY c.oid DESC`;
}

/** Catalogue, prefix of its columns, condition: in an order in which those that need others come first. */
const catalogues: readonly (readonly [string, string, string?])[] = [
  ['pg_proc', 'pro'],
  ['pg_opclass', 'opc'],
  ['pg_opfamily', 'opf'],
  ['pg_operator', 'opr'],
  ['pg_ts_config', 'cfg'],
  ['pg_ts_dict', 'dict'],
  ['pg_ts_template', 'tmpl'],
  ['pg_ts_parser', 'prs'],
  ['pg_conversion', 'con'],
  ['pg_statistic_ext', 'stx'],
  // Row types and the array types of other types go with what they belong to.
  ['pg_type', 'typ', `o.typtype <> 'c' AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = o.oid)`],
  ['pg_collation', 'coll'],
];

function others(schemas: readonly string[]): string[] {
  return catalogues.map(([name, prefix, condition = 'true']) => {
    const catalogue = `pg_catalog.${name}`;
    return `SELECT ${identity(catalogue, 'o.oid')}
      FROM ${catalogue} o JOIN pg_catalog.pg_namespace n ON n.oid = o.${prefix}namespace
      WHERE n.nspname = ANY (${array(schemas)}) AND ${condition} AND ${notOfExtension(catalogue, 'o.oid')}
        AND ${notPart(catalogue, 'o.oid')}
      ORDER BY o.oid DESC`;
  });
}

/** The words of DROP, and the name as SQL. Domains, enums and the rest are types. */
function identity(catalogue: string, oid: string): string {
  const found = `pg_catalog.pg_identify_object('${catalogue}'::pg_catalog.regclass, ${oid}, 0)`;
  return `(SELECT CASE i.type WHEN 'statistics object' THEN 'statistics' WHEN 'composite type' THEN 'type' ELSE i.type END
    FROM ${found} i) AS type, (SELECT i.identity FROM ${found} i) AS identity`;
}

/** Not an inner part of something else, as the functions are that make values of a range type. */
function notPart(catalogue: string, oid: string): string {
  return `NOT EXISTS (SELECT FROM pg_catalog.pg_depend inner_part
    WHERE inner_part.classid = '${catalogue}'::pg_catalog.regclass AND inner_part.objid = ${oid}
      AND inner_part.deptype = 'i')`;
}

/** CASCADE would take along what other schemas have made on top of the product, such as a view for reports. */
async function refuseDependents(session: Session, schemas: readonly string[]): Promise<void> {
  const rows = await session.query(raw(dependents(schemas)));
  if (rows.length === 0) return;
  const found = rows.map((row: Row) => `${text(row, 'type')} ${text(row, 'identity')}`).join(', ');
  throw new LockstepError('TARGET_NOT_CLEAN', { found: `outside of the product's schemas, ${found} depends on them` });
}

function dependents(schemas: readonly string[]): string {
  const inside = (catalogue: string, prefix: string): string => `SELECT '${catalogue}'::pg_catalog.regclass::oid, o.oid
    FROM ${catalogue} o JOIN pg_catalog.pg_namespace n ON n.oid = o.${prefix}namespace WHERE n.nspname = ANY (${array(schemas)})`;
  return `WITH inside (class, id) AS (
      ${inside('pg_catalog.pg_class', 'rel')} UNION ALL ${inside('pg_catalog.pg_type', 'typ')}
      UNION ALL ${inside('pg_catalog.pg_proc', 'pro')}
    )
    SELECT DISTINCT o.type, o.identity FROM inside
    JOIN pg_catalog.pg_depend d ON d.refclassid = inside.class AND d.refobjid = inside.id AND d.deptype = 'n'
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) o
    CROSS JOIN LATERAL pg_catalog.pg_identify_object_as_address(d.classid, d.objid, d.objsubid) a
    WHERE d.classid IN (SELECT pg_catalog.unnest(ARRAY['pg_catalog.pg_class', 'pg_catalog.pg_type', 'pg_catalog.pg_proc',
        'pg_catalog.pg_rewrite', 'pg_catalog.pg_constraint', 'pg_catalog.pg_trigger', 'pg_catalog.pg_attrdef',
        'pg_catalog.pg_policy']::pg_catalog.regclass[])::oid)
      -- Parts of tables have no schema of their own; other names come quoted.
      AND NOT (CASE WHEN o.schema IS NULL THEN a.object_names[1] = ANY (${array(schemas)})
        ELSE o.schema IN (SELECT pg_catalog.quote_ident(s) FROM pg_catalog.unnest(${array(schemas)}) s) END)
    ORDER BY 1, 2 LIMIT 5`;
}
