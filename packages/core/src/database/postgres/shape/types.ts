import type { Fact } from '../../../shape/shape.ts';
import type { Row } from '../../database.ts';
import { literal } from '../quote.ts';
import type { Catalogue } from './catalogue.ts';
import { collationFact, collationSql, notNullSql } from './columns.ts';
import { nameOf, qualified, sqlName, typeName } from './name.ts';
import type { Parts } from './parts.ts';
import { flag, optional, strings, text } from './row.ts';
import { notOfExtension } from './scope.ts';
import type { Scope } from './scope.ts';
import { expression } from './tree.ts';
import { callsOf } from './uses.ts';

export function typesQuery(scope: Scope): string {
  return `SELECT t.oid, t.typname AS name, n.nspname AS schema, t.typtype AS kind, t.typarray AS array, t.typrelid AS relation,
      coalesce(c.relkind = 'c', false) AS composite, t.typnotnull AS not_null,
      (SELECT k.conname FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'n') AS not_null_name,
      format_type(t.typbasetype, t.typtypmod) AS base, pg_get_expr(t.typdefaultbin, 0) AS default,
      CASE WHEN t.typcollation <> b.typcollation THEN co.collname END AS collation,
      CASE WHEN t.typcollation <> b.typcollation THEN cn.nspname END AS collation_schema,
      (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid) AS labels
    FROM pg_type t
    JOIN pg_namespace n ON n.oid = t.typnamespace
    LEFT JOIN pg_class c ON c.oid = t.typrelid
    LEFT JOIN pg_type b ON b.oid = t.typbasetype
    LEFT JOIN pg_collation co ON co.oid = t.typcollation
    LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
    WHERE n.nspname = ANY (${scope.schemas}) AND ${notOfExtension('pg_type', 't.oid')}
    ORDER BY n.nspname COLLATE "C", t.typname COLLATE "C"`;
}

export function describeTypes(catalogue: Catalogue, parts: Parts): void {
  for (const row of catalogue.types) {
    const address = addressOf(row);
    if (address !== `pg_type:${text(row, 'oid')}`) parts.madeBy(`pg_type:${text(row, 'oid')}`, address);
    if (text(row, 'array') !== '0') parts.madeBy(`pg_type:${text(row, 'array')}`, address);
    if (text(row, 'kind') === 'e') describeEnum(row, parts);
    if (text(row, 'kind') === 'd') describeDomain(row, catalogue, parts);
    if (flag(row, 'composite')) describeComposite(row, catalogue, parts);
  }
}

/** The row type of a table is made by the table. */
function addressOf(row: Row): string {
  const relation = text(row, 'relation');
  return relation === '0' ? `pg_type:${text(row, 'oid')}` : `pg_class:${relation}`;
}

function describeEnum(row: Row, parts: Parts): void {
  const labels = strings(row, 'labels');
  const create = `CREATE TYPE ${sqlName(row)} AS ENUM (${labels.map(literal).join(', ')})`;
  parts.object('enum', nameOf(row), { labels });
  addType(row, 'enum', 'TYPE', create, parts);
}

/** A default that calls a function is set afterwards: the function may in turn need the domain. */
function describeDomain(row: Row, catalogue: Catalogue, parts: Parts): void {
  const value = optional(row, 'default');
  const address = `pg_type:${text(row, 'oid')}`;
  const needs = (catalogue.neededBy.get(address) ?? []).map((need) => need.address);
  const functions = needs.filter((need) => parts.makerOf(need).startsWith('pg_proc:'));
  const facts: Fact = {
    type: typeName(text(row, 'base')),
    notNull: flag(row, 'not_null'),
    ...collationFact(row),
    ...(value === null ? {} : { default: expression(value) }),
    ...callsOf(catalogue, address),
  };
  const create = [
    `CREATE DOMAIN ${sqlName(row)} AS ${text(row, 'base')}`,
    collationSql(row),
    value === null || functions.length > 0 ? '' : `DEFAULT ${value}`,
    notNullSql(row, `${text(row, 'name')}_not_null`),
  ];
  parts.object('domain', nameOf(row), facts, value ?? undefined);
  addType(row, 'domain', 'DOMAIN', create.filter(Boolean).join(' '), parts, functions);
  if (value === null || functions.length === 0) return;
  parts.step({
    address: `${address} default`,
    stage: 'setting',
    kind: 'domain',
    name: nameOf(row),
    create: `ALTER DOMAIN ${sqlName(row)} SET DEFAULT ${value}`,
    needs: [address, ...functions],
  });
}

/** The order of the fields is a fact: it is the order of a value's parts in its text. */
function describeComposite(row: Row, catalogue: Catalogue, parts: Parts): void {
  const fields = catalogue.columnsOf.get(text(row, 'relation')) ?? [];
  const facts = fields.map((field) => ({
    name: text(field, 'name'),
    type: typeName(text(field, 'type')),
    ...collationFact(field),
  }));
  const list = fields.map((field) =>
    [qualified(text(field, 'name')), text(field, 'type'), collationSql(field)].filter(Boolean).join(' '),
  );
  parts.object('composite type', nameOf(row), { fields: facts });
  addType(row, 'composite type', 'TYPE', `CREATE TYPE ${sqlName(row)} AS (${list.join(', ')})`, parts);
}

function addType(
  row: Row,
  kind: 'enum' | 'domain' | 'composite type',
  word: 'TYPE' | 'DOMAIN',
  create: string,
  parts: Parts,
  without: readonly string[] = [],
): void {
  const name = nameOf(row);
  parts.step({ address: addressOf(row), stage: 'definition', kind, name, create, without });
  parts.target(`pg_type:${text(row, 'oid')}`, { label: `${kind} ${name}`, sql: `${word} ${sqlName(row)}` });
}
