import type { Row } from '../../database.ts';
import type { Catalogue } from './catalogue.ts';
import { display } from './name.ts';
import type { Parts } from './parts.ts';
import { optional, text } from './row.ts';
import { notOfExtension, relations } from './scope.ts';
import type { Scope } from './scope.ts';

/**
 * What Lockstep cannot carry, of all that stands in the schemas or is about something in them. What operators add to a
 * database, such as a publication for all tables, is not the product's.
 */
export function unsupportedQuery(scope: Scope): string {
  return [...inSchemas(scope), ...aboutRelations(scope), ...aboutRoutines(scope), ...elsewhere(scope)].join(
    ' UNION ALL ',
  );
}

/** Catalogues whose objects stand in a schema: kind, catalogue, prefix of its columns, further condition. */
const kinds: readonly (readonly [string, string, string, string?])[] = [
  ['aggregate', 'pg_proc', 'pro', `o.prokind = 'a'`],
  ['operator', 'pg_operator', 'opr'],
  ['operator class', 'pg_opclass', 'opc'],
  ['operator family', 'pg_opfamily', 'opf'],
  ['collation', 'pg_collation', 'coll'],
  ['conversion', 'pg_conversion', 'con'],
  ['text search configuration', 'pg_ts_config', 'cfg'],
  ['text search dictionary', 'pg_ts_dict', 'dict'],
  ['text search parser', 'pg_ts_parser', 'prs'],
  ['text search template', 'pg_ts_template', 'tmpl'],
  ['statistics', 'pg_statistic_ext', 'stx'],
  ['range type', 'pg_type', 'typ', `o.typtype = 'r'`],
  // The array type of another type comes with it.
  [
    'base type',
    'pg_type',
    'typ',
    `o.typtype IN ('b', 'p') AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = o.oid)`,
  ],
];

function inSchemas(scope: Scope): string[] {
  return kinds.map(
    ([kind, catalogue, prefix, condition = 'true']) => `SELECT '${kind}' AS kind, n.nspname AS schema,
        o.${prefix}name::text AS name, NULL AS of
      FROM ${catalogue} o JOIN pg_namespace n ON n.oid = o.${prefix}namespace
      WHERE n.nspname = ANY (${scope.schemas}) AND ${condition} AND ${notOfExtension(catalogue, 'o.oid')}`,
  );
}

function aboutRelations(scope: Scope): string[] {
  const relation = relations(scope);
  return [
    `SELECT 'foreign table', c.nspname, c.relname, NULL FROM ${relation} c WHERE c.relkind = 'f'`,
    `SELECT 'rule', c.nspname, c.relname, r.rulename FROM pg_rewrite r JOIN ${relation} c ON c.oid = r.ev_class
      WHERE r.rulename <> '_RETURN'`,
    `SELECT 'temporary table', c.nspname, c.relname, NULL FROM ${relation} c WHERE c.relpersistence = 't'`,
    `SELECT 'publication of table', c.nspname, c.relname, p.pubname FROM pg_publication_rel r
      JOIN pg_publication p ON p.oid = r.prpubid JOIN ${relation} c ON c.oid = r.prrelid`,
    `SELECT 'subscription of table', c.nspname, c.relname, s.subname FROM pg_subscription_rel r
      JOIN pg_subscription s ON s.oid = r.srsubid JOIN ${relation} c ON c.oid = r.srrelid`,
    `SELECT 'security label of', c.nspname, c.relname, l.provider FROM pg_seclabel l JOIN ${relation} c ON c.oid = l.objoid
      WHERE l.classoid = 'pg_class'::regclass`,
    `SELECT 'dependence on an extension of', c.nspname, c.relname, x.relname FROM pg_depend d
      JOIN pg_class x ON x.oid = d.objid LEFT JOIN pg_index i ON i.indexrelid = x.oid
      JOIN ${relation} c ON c.oid = coalesce(i.indrelid, x.oid) WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'x'`,
    // Versions before 18 have nothing to comment on.
    `SELECT 'comment on NOT NULL', c.nspname, c.relname, k.conname FROM pg_description d
      JOIN pg_constraint k ON k.oid = d.objoid AND d.classoid = 'pg_constraint'::regclass AND k.contype = 'n'
      JOIN ${relation} c ON c.oid = k.conrelid`,
    // Hashes of enums go by oids, which are others in another database: rows would not fit into their partitions.
    `SELECT 'hash partitioning by a type of its own', c.nspname, c.relname, NULL FROM pg_partitioned_table p
      JOIN ${relation} c ON c.oid = p.partrelid
      WHERE p.partstrat = 'h' AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid
        AND a.attnum = ANY (p.partattrs) AND (a.atttypid >= 16384))`,
    // Since Postgres 17 a partition has the identity of its table, and cannot have one of its own.
    `SELECT 'identity of partition', c.nspname, c.relname, a.attname FROM ${relation} c
      JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relispartition AND a.attidentity <> ''
        AND ${scope.version < 170_000}`,
  ];
}

function aboutRoutines(scope: Scope): string[] {
  const routine = `pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = ANY (${scope.schemas})`;
  const type = `pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace AND n.nspname = ANY (${scope.schemas})`;
  return [
    `SELECT 'security label of', n.nspname, p.proname, l.provider FROM pg_seclabel l JOIN ${routine} ON p.oid = l.objoid
      WHERE l.classoid = 'pg_proc'::regclass`,
    `SELECT 'dependence on an extension of', n.nspname, p.proname, NULL FROM pg_depend d JOIN ${routine} ON p.oid = d.objid
      WHERE d.classid = 'pg_proc'::regclass AND d.deptype = 'x'`,
    `SELECT 'event trigger', n.nspname, p.proname, e.evtname FROM pg_event_trigger e JOIN ${routine} ON p.oid = e.evtfoid
      WHERE ${notOfExtension('pg_event_trigger', 'e.oid')}`,
    `SELECT DISTINCT 'cast', n.nspname, t.typname, c.oid::text FROM pg_cast c JOIN ${type} ON t.oid IN (c.castsource, c.casttarget)
      WHERE c.oid >= 16384 AND ${notOfExtension('pg_cast', 'c.oid')} AND NOT EXISTS (SELECT FROM pg_depend i
        WHERE i.classid = 'pg_cast'::regclass AND i.objid = c.oid AND i.deptype = 'i')`,
    `SELECT 'transform', n.nspname, t.typname, l.lanname FROM pg_transform f JOIN ${type} ON t.oid = f.trftype
      JOIN pg_language l ON l.oid = f.trflang WHERE ${notOfExtension('pg_transform', 'f.oid')}`,
  ];
}

function elsewhere(scope: Scope): string[] {
  return [
    `SELECT 'publication of schema', n.nspname, NULL, p.pubname FROM pg_publication_namespace s
      JOIN pg_publication p ON p.oid = s.pnpubid JOIN pg_namespace n ON n.oid = s.pnnspid AND n.nspname = ANY (${scope.schemas})`,
    `SELECT 'default privileges', n.nspname, NULL, pg_get_userbyid(d.defaclrole) FROM pg_default_acl d
      JOIN pg_namespace n ON n.oid = d.defaclnamespace AND n.nspname = ANY (${scope.schemas})`,
    // Large objects stand in no schema: any of them may be the product's.
    `SELECT 'large objects', NULL, count(*)::text, NULL FROM pg_largeobject_metadata HAVING count(*) > 0`,
  ];
}

export function describeUnsupported(catalogue: Catalogue, parts: Parts): void {
  for (const row of catalogue.unsupported) parts.unsupported.push({ kind: text(row, 'kind'), name: pathName(row) });
}

function pathName(row: Row): string {
  const path = ['schema', 'name', 'of'].flatMap((part) => optional(row, part) ?? []);
  return display(...path);
}
