import type { Fact } from '../../../shape/shape.ts';
import type { Row } from '../../database.ts';
import type { Catalogue } from './catalogue.ts';
import { display, qualified, typeName } from './name.ts';
import type { Target } from './parts.ts';
import { flag, optional, strings, text } from './row.ts';
import { relations } from './scope.ts';
import type { Scope } from './scope.ts';
import { expression } from './tree.ts';

/**
 * Columns of all relations, of composite types too. Since Postgres 18 a NOT NULL has a name, and may be one that is not
 * inherited or not yet checked. A statistics target that is not set is -1 up to 16, and NULL since.
 */
export function columnsQuery(scope: Scope): string {
  return `SELECT a.attrelid AS relation, a.attnum AS number, a.attname AS name,
      format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null, nn.conname AS not_null_name,
      coalesce(nn.convalidated, true) AS not_null_valid, coalesce(nn.connoinherit, false) AS not_null_alone,
      coalesce(nn.conislocal, false) AS not_null_local,
      a.attidentity AS identity, a.attgenerated AS generated, a.attislocal AS local, a.attinhcount AS parents,
      CASE WHEN a.attcollation <> t.typcollation THEN co.collname END AS collation,
      CASE WHEN a.attcollation <> t.typcollation THEN cn.nspname END AS collation_schema,
      CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END AS storage, a.attcompression AS compression,
      nullif(a.attstattarget, -1) AS statistics, to_json(a.attoptions) AS options,
      d.oid AS default_oid, pg_get_expr(d.adbin, d.adrelid) AS expression, t.typtype AS type_kind, a.atttypid AS type_oid
    FROM ${relations(scope)} c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_constraint nn ON nn.conrelid = a.attrelid AND nn.contype = 'n' AND nn.conkey[1] = a.attnum
    LEFT JOIN pg_collation co ON co.oid = a.attcollation
    LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
    ORDER BY a.attrelid, a.attnum`;
}

/** How the server marks where large values go. */
export const storages: Readonly<Record<string, string>> = { p: 'PLAIN', e: 'EXTERNAL', m: 'MAIN', x: 'EXTENDED' };

export const compressions: Readonly<Record<string, string>> = { p: 'pglz', l: 'lz4' };

/**
 * Facts of a column. The order of columns is none of them: statements name their columns, and the order says only when a
 * column came. A partition has the identity of its table since Postgres 17, and none before, so it counts for the table.
 */
export function columnFacts(row: Row, partition: boolean, calls: Record<string, Fact>): Fact {
  const value = optional(row, 'expression');
  const identity = partition ? '' : text(row, 'identity');
  const generated = text(row, 'generated');
  return {
    type: typeName(text(row, 'type')),
    notNull: flag(row, 'not_null'),
    ...collationFact(row),
    ...(flag(row, 'not_null_valid') ? {} : { notNullChecked: false }),
    ...(flag(row, 'not_null_alone') ? { notNullInherited: false } : {}),
    ...(value !== null && generated === '' ? { default: expression(value) } : {}),
    ...(value !== null && generated !== ''
      ? { generated: generatedWords[generated] ?? generated, expression: expression(value) }
      : {}),
    ...calls,
    ...(identity === '' ? {} : { identity: identityWords[identity] ?? identity }),
    ...(flag(row, 'local') || partition ? {} : { inherited: true }),
    ...fact('storage', optional(row, 'storage'), storages),
    ...fact('compression', optional(row, 'compression'), compressions),
    ...fact('statistics', optional(row, 'statistics')),
    ...(strings(row, 'options').length === 0 ? {} : { options: strings(row, 'options').toSorted() }),
  };
}

const generatedWords: Readonly<Record<string, string>> = { s: 'STORED', v: 'VIRTUAL' };
export const identityWords: Readonly<Record<string, string>> = { a: 'ALWAYS', d: 'BY DEFAULT' };

export function generatedWord(row: Row): string {
  return generatedWords[text(row, 'generated')] ?? '';
}

function fact(name: string, value: string | null, words: Readonly<Record<string, string>> = {}): Record<string, Fact> {
  return value === null || value === '' ? {} : { [name]: words[value] ?? value };
}

/** A name that the server would not give by itself is kept, since a later migration may use it. */
export function notNullSql(row: Row, usualName: string): string {
  if (!flag(row, 'not_null')) return '';
  const name = optional(row, 'not_null_name');
  return name === null || name === usualName ? 'NOT NULL' : `CONSTRAINT ${qualified(name)} NOT NULL`;
}

/** A collation that is not the type's own. */
export function collationFact(row: Row): Record<string, Fact> {
  const collation = optional(row, 'collation');
  return collation === null ? {} : { collation: display(text(row, 'collation_schema'), collation) };
}

export function collationSql(row: Row): string {
  const collation = optional(row, 'collation');
  return collation === null ? '' : `COLLATE ${qualified(text(row, 'collation_schema'), collation)}`;
}

/** The path of a column: schema, relation, name. Null where it is not one of the described ones. */
export function columnOf(catalogue: Catalogue, relation: string, number: string): readonly string[] | null {
  const table = catalogue.relationOf.get(relation);
  const column = catalogue.columnsOf.get(relation)?.find((row) => text(row, 'number') === number);
  if (table === undefined || column === undefined) return null;
  return [text(table, 'schema'), text(table, 'name'), text(column, 'name')];
}

/** What a comment or a grant on a column is about. Undefined for a column of something that is not described. */
export function columnTarget(catalogue: Catalogue, relation: string, number: string): Target | undefined {
  const path = columnOf(catalogue, relation, number);
  if (path === null) return undefined;
  return { label: `column ${display(...path)}`, sql: `COLUMN ${qualified(...path)}` };
}
