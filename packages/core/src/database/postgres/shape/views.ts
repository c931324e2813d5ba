import type { Fact } from '../../../shape/shape.ts';
import type { Row } from '../../database.ts';
import { quote } from '../quote.ts';
import type { Catalogue } from './catalogue.ts';
import { collationFact, collationSql } from './columns.ts';
import { nameOf, sqlName, typeName } from './name.ts';
import { optionsSql } from './options.ts';
import { refreshOf } from './parts.ts';
import type { Parts } from './parts.ts';
import { optional, strings, text, flag } from './row.ts';
import { expression, query } from './tree.ts';
import { usesOf } from './uses.ts';

export function describeViews(catalogue: Catalogue, parts: Parts): void {
  for (const row of catalogue.relations) {
    if (text(row, 'kind') === 'v') describeView(row, catalogue, parts);
    if (text(row, 'kind') === 'm') describeMaterialized(row, catalogue, parts);
  }
}

function describeView(row: Row, catalogue: Catalogue, parts: Parts): void {
  const address = `pg_class:${text(row, 'oid')}`;
  const definition = text(row, 'query');
  const head = `${sqlName(row)}${withOptions(row)}`;
  parts.object('view', nameOf(row), factsOf(row, catalogue), definition);
  registerView(row, 'view', parts);
  parts.step({
    address,
    stage: 'view',
    kind: 'view',
    name: nameOf(row),
    create: `CREATE OR REPLACE VIEW ${head} AS\n${withoutEnd(definition)}`,
    stub: { create: `CREATE VIEW ${head} AS\nSELECT ${nulls(row, catalogue)}`, needs: typesOf(row, catalogue) },
  });
  for (const column of columnsOf(row, catalogue)) {
    const value = optional(column, 'expression');
    if (value === null) continue;
    parts.step({
      address: `pg_attrdef:${text(column, 'default_oid')}`,
      stage: 'view',
      kind: 'view',
      name: nameOf(row),
      create: `ALTER VIEW ${sqlName(row)} ALTER COLUMN ${quote(text(column, 'name'))} SET DEFAULT ${value}`,
      needs: [address],
    });
  }
}

/** Without rows until the last of all statements, which fills it. Taking it away empties the view again. */
function describeMaterialized(row: Row, catalogue: Catalogue, parts: Parts): void {
  const address = `pg_class:${text(row, 'oid')}`;
  const definition = text(row, 'query');
  const method = optional(row, 'access_method');
  const using = method === null || method === 'heap' ? '' : ` USING ${quote(method)}`;
  const step = { kind: 'materialized view', name: nameOf(row) } as const;
  parts.object('materialized view', nameOf(row), factsOf(row, catalogue), definition);
  registerView(row, 'materialized view', parts);
  parts.step({
    ...step,
    address,
    stage: 'view',
    create: `CREATE MATERIALIZED VIEW ${sqlName(row)}${using}${withOptions(row)} AS\n${withoutEnd(definition)}\nWITH NO DATA`,
  });
  const empty = `REFRESH MATERIALIZED VIEW ${sqlName(row)} WITH NO DATA`;
  parts.step({
    ...step,
    address: refreshOf(address),
    stage: 'refresh',
    create: flag(row, 'populated') ? `REFRESH MATERIALIZED VIEW ${sqlName(row)}` : empty,
    drop: empty,
    needs: [address],
  });
}

function registerView(row: Row, kind: 'view' | 'materialized view', parts: Parts): void {
  const address = `pg_class:${text(row, 'oid')}`;
  const rule = optional(row, 'rule');
  if (rule !== null) parts.madeBy(rule, address);
  parts.target(address, { label: `${kind} ${nameOf(row)}`, sql: `${kind.toUpperCase()} ${sqlName(row)}` });
}

function factsOf(row: Row, catalogue: Catalogue): Fact {
  return {
    query: query(text(row, 'query')),
    columns: columnsOf(row, catalogue).map((column) => ({
      name: text(column, 'name'),
      type: typeName(text(column, 'type')),
      ...collationFact(column),
      ...(optional(column, 'expression') === null ? {} : { default: expression(text(column, 'expression')) }),
    })),
    options: strings(row, 'options').toSorted(),
    uses: usesOf(catalogue, optional(row, 'rule') ?? ''),
  };
}

function withOptions(row: Row): string {
  const options = strings(row, 'options');
  return options.length === 0 ? '' : ` WITH (${optionsSql(options)})`;
}

function withoutEnd(definition: string): string {
  return definition.replace(/;\s*$/, '');
}

function columnsOf(row: Row, catalogue: Catalogue): readonly Row[] {
  return catalogue.columnsOf.get(text(row, 'oid')) ?? [];
}

function nulls(row: Row, catalogue: Catalogue): string {
  return columnsOf(row, catalogue)
    .map((column) => `NULL::${text(column, 'type')} ${collationSql(column)} AS ${quote(text(column, 'name'))}`)
    .join(', ');
}

function typesOf(row: Row, catalogue: Catalogue): string[] {
  return columnsOf(row, catalogue).map((column) => `pg_type:${text(column, 'type_oid')}`);
}
