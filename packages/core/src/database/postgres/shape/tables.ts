import type { Fact } from '../../../shape/shape.ts';
import { compareBytes } from '../../../shape/order.ts';
import type { Row } from '../../database.ts';
import type { Catalogue } from './catalogue.ts';
import { columnFacts } from './columns.ts';
import { inlineChecks } from './constraints.ts';
import { display, nameOf, qualified, sqlName, typeName } from './name.ts';
import { optionsSql } from './options.ts';
import type { Parts } from './parts.ts';
import { flag, optional, strings, text } from './row.ts';
import { columnInTable, describeColumnSettings } from './table-columns.ts';
import { partitionBound, partitionKey } from './tree.ts';
import { callsOf } from './uses.ts';

export function describeTables(catalogue: Catalogue, parts: Parts): void {
  for (const row of catalogue.relations) {
    const kind = text(row, 'kind');
    if (kind !== 'r' && kind !== 'p') continue;
    describeTable(row, catalogue.parentsOf.get(text(row, 'oid')) ?? [], catalogue, parts);
  }
}

function describeTable(row: Row, parents: readonly Row[], catalogue: Catalogue, parts: Parts): void {
  const [oid, schema, name] = [text(row, 'oid'), text(row, 'schema'), text(row, 'name')];
  const columns = catalogue.columnsOf.get(oid) ?? [];
  const partition = flag(row, 'partition');
  parts.object('table', display(schema, name), tableFacts(row, partition ? [] : parents));
  parts.target(`pg_class:${oid}`, { label: `table ${display(schema, name)}`, sql: `TABLE ${qualified(schema, name)}` });
  for (const column of columns) {
    const path = [schema, name, text(column, 'name')];
    parts.object(
      'column',
      display(...path),
      columnFacts(column, partition, callsOf(catalogue, `pg_attrdef:${optional(column, 'default_oid')}`)),
      optional(column, 'expression') ?? undefined,
    );
  }
  createTable(row, columns, parents, catalogue, parts);
  describeColumnSettings(row, columns, parents, catalogue, parts);
  const parent = parents[0];
  if (partition && parent !== undefined) attach(row, parent, parts);
  if (text(row, 'kind') === 'p') return;
  const data = columns.filter((column) => text(column, 'generated') === '');
  parts.tables.push({
    schema,
    name,
    label: display(schema, name),
    columns: data
      .map((column) => ({ name: text(column, 'name'), type: typeName(text(column, 'type')) }))
      .toSorted((a, b) => compareBytes(a.name, b.name)),
  });
}

function tableFacts(row: Row, parents: readonly Row[]): Fact {
  const key = optional(row, 'partition_key');
  const method = optional(row, 'access_method');
  const ofType = optional(row, 'of_type');
  return {
    persistence: text(row, 'persistence'),
    rowSecurity: flag(row, 'row_security'),
    forceRowSecurity: flag(row, 'force_row_security'),
    replicaIdentity: text(row, 'replica_identity'),
    options: optionsOf(row).toSorted(compareBytes),
    ...(key === null ? {} : { partitionBy: partitionKey(key) }),
    ...(method === null || method === 'heap' ? {} : { accessMethod: method }),
    ...(ofType === null ? {} : { ofType: typeName(ofType) }),
    ...(parents.length === 0 ? {} : { inherits: parents.map(nameOf) }),
  };
}

function optionsOf(row: Row): string[] {
  const toast = strings(row, 'toast_options').map((option) => `toast.${option}`);
  return [...strings(row, 'options'), ...toast];
}

/**
 * A partition is made as a table of its own and attached afterwards, so that its columns keep their order. A child
 * of an ordinary table lists its own columns only.
 */
function createTable(
  row: Row,
  columns: readonly Row[],
  parents: readonly Row[],
  catalogue: Catalogue,
  parts: Parts,
): void {
  const partition = flag(row, 'partition');
  const listed = columns.filter((column) => partition || flag(column, 'local'));
  const checks = inlineChecks(catalogue, parts, row);
  const lines = [
    ...listed.map((column) => columnInTable(row, column, parents, catalogue, parts)),
    ...checks.map((check) => `CONSTRAINT ${qualified(text(check, 'name'))} ${text(check, 'definition')}`),
  ];
  const key = optional(row, 'partition_key');
  const method = optional(row, 'access_method');
  const create = [
    `CREATE ${text(row, 'persistence') === 'u' ? 'UNLOGGED ' : ''}TABLE ${sqlName(row)} (`,
    lines.map((line) => `  ${line}`).join(',\n'),
    ')',
    partition || parents.length === 0 ? '' : `INHERITS (${parents.map(sqlName).join(', ')})`,
    key === null ? '' : `PARTITION BY ${key}`,
    method === null || method === 'heap' ? '' : `USING ${qualified(method)}`,
    optionsOf(row).length === 0 ? '' : `WITH (${optionsSql(optionsOf(row))})`,
  ];
  const address = `pg_class:${text(row, 'oid')}`;
  const inherited = partition ? [] : parents.map((parent) => `pg_class:${text(parent, 'oid')}`);
  const generated = listed.filter((column) => optional(column, 'default_oid') !== null);
  for (const column of generated) parts.madeBy(`pg_attrdef:${text(column, 'default_oid')}`, address);
  for (const check of checks) parts.madeBy(`pg_constraint:${text(check, 'oid')}`, address);
  parts.step({
    address,
    stage: 'definition',
    kind: 'table',
    name: nameOf(row),
    create: create.filter(Boolean).join('\n'),
    needs: inherited,
  });
  const ofType = optional(row, 'of_type');
  if (ofType === null) return;
  parts.step({
    address: `${address} of`,
    stage: 'attach',
    kind: 'table',
    name: nameOf(row),
    create: `ALTER TABLE ${sqlName(row)} OF ${ofType}`,
    needs: [address],
  });
}

function attach(row: Row, parent: Row, parts: Parts): void {
  const bound = text(row, 'bound');
  const address = `pg_class:${text(row, 'oid')}`;
  parts.object('partition', nameOf(row), { of: nameOf(parent), bound: partitionBound(bound) }, bound);
  parts.step({
    address: `${address} attach`,
    stage: 'attach',
    kind: 'partition',
    name: nameOf(row),
    create: `ALTER TABLE ONLY ${sqlName(parent)} ATTACH PARTITION ${sqlName(row)} ${bound}`,
    needs: [address, `pg_class:${text(parent, 'oid')}`],
  });
}
