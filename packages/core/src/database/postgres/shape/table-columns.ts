import type { Row } from '../../database.ts';
import type { Catalogue } from './catalogue.ts';
import { collationSql, compressions, generatedWord, identityWords, notNullSql, storages } from './columns.ts';
import { display, qualified, sqlName } from './name.ts';
import { optionsSql } from './options.ts';
import type { Parts } from './parts.ts';
import { flag, optional, strings, text } from './row.ts';
import { sequenceOptions } from './sequences.ts';

/** A column in CREATE TABLE. */
export function columnInTable(
  table: Row,
  column: Row,
  parents: readonly Row[],
  catalogue: Catalogue,
  parts: Parts,
): string {
  return [
    qualified(text(column, 'name')),
    text(column, 'type'),
    collationSql(column),
    valueSql(table, column, parents, catalogue, parts),
    flag(column, 'not_null_valid') ? columnNotNull(table, column) : '',
  ]
    .filter(Boolean)
    .join(' ');
}

function valueSql(table: Row, column: Row, parents: readonly Row[], catalogue: Catalogue, parts: Parts): string {
  const identity = text(column, 'identity');
  if (identity !== '' && !flag(table, 'partition')) return identitySql(table, column, identity, catalogue);
  const value = optional(column, 'expression');
  if (value === null) return '';
  if (text(column, 'generated') === '') return isSeparate(column, catalogue, parts) ? '' : `DEFAULT ${value}`;
  const inherited = inheritedColumns(column, flag(table, 'partition') ? [] : parents, catalogue);
  if (inherited.some((above) => optional(above, 'expression') === value)) return '';
  return `GENERATED ALWAYS AS (${value}) ${generatedWord(column)}`;
}

function identitySql(table: Row, column: Row, identity: string, catalogue: Catalogue): string {
  const sequence = catalogue.identityOf.get(`${text(table, 'oid')}:${text(column, 'number')}`);
  if (sequence === undefined) return '';
  const name = `SEQUENCE NAME ${sqlName(sequence)} ${sequenceOptions(sequence)}`;
  return `GENERATED ${identityWords[identity] ?? ''} AS IDENTITY (${name})`;
}

function columnNotNull(table: Row, column: Row): string {
  const usual = `${text(table, 'name')}_${text(column, 'name')}_not_null`;
  return `${notNullSql(column, usual)}${flag(column, 'not_null_alone') ? ' NO INHERIT' : ''}`;
}

/** Defaults that call a function of the schemas: the function may in turn need the table. */
function isSeparate(column: Row, catalogue: Catalogue, parts: Parts): boolean {
  const needs = catalogue.neededBy.get(`pg_attrdef:${text(column, 'default_oid')}`) ?? [];
  return needs.some(({ address }) => parts.makerOf(address).startsWith('pg_proc:'));
}

/** The columns of the parents with the same name. */
function inheritedColumns(column: Row, parents: readonly Row[], catalogue: Catalogue): Row[] {
  return parents.flatMap((parent) => {
    const columns = catalogue.columnsOf.get(text(parent, 'oid')) ?? [];
    return columns.filter((candidate) => text(candidate, 'name') === text(column, 'name'));
  });
}

/** The same of the parents' parents, and so on. */
function ancestorsOf(column: Row, parents: readonly Row[], catalogue: Catalogue): Row[] {
  return inheritedColumns(column, parents, catalogue).flatMap((above) => {
    const further = catalogue.parentsOf.get(text(above, 'relation')) ?? [];
    return [above, ...ancestorsOf(above, further, catalogue)];
  });
}

/** What CREATE TABLE cannot say, or what has to wait. */
export function describeColumnSettings(
  table: Row,
  columns: readonly Row[],
  parents: readonly Row[],
  catalogue: Catalogue,
  parts: Parts,
): void {
  const inheriting = flag(table, 'partition') ? [] : parents;
  for (const column of columns) {
    const settings = [
      ...defaultSetting(table, column, inheriting, catalogue, parts),
      ...notNullSettings(column, inheriting, catalogue),
      ...plainSettings(column),
    ];
    const path = [text(table, 'schema'), text(table, 'name'), text(column, 'name')];
    for (const [index, { change, address, down, needs }] of settings.entries()) {
      parts.step({
        address: address ?? `pg_class:${text(table, 'oid')}:${text(column, 'number')} setting ${index}`,
        stage: 'setting',
        kind: 'column',
        name: display(...path),
        create: `ALTER TABLE ${down === true ? '' : 'ONLY '}${sqlName(table)} ${change}`,
        needs: [`pg_class:${text(table, 'oid')}`, ...(needs ?? [])],
      });
    }
  }
}

interface Setting {
  readonly change: string;
  readonly address?: string;
  /** Goes down to children. */
  readonly down?: boolean;
  readonly needs?: readonly string[];
}

function defaultSetting(
  table: Row,
  column: Row,
  parents: readonly Row[],
  catalogue: Catalogue,
  parts: Parts,
): Setting[] {
  if (text(column, 'generated') !== '' || text(column, 'identity') !== '') return [];
  const name = qualified(text(column, 'name'));
  const value = optional(column, 'expression');
  const listed = flag(column, 'local') || flag(table, 'partition');
  if (value !== null) {
    if (listed && !isSeparate(column, catalogue, parts)) return [];
    const address = `pg_attrdef:${text(column, 'default_oid')}`;
    parts.madeBy(address, address);
    return [{ change: `ALTER COLUMN ${name} SET DEFAULT ${value}`, address }];
  }
  const inherits = ancestorsOf(column, parents, catalogue).some((above) => optional(above, 'expression') !== null);
  return inherits ? [{ change: `ALTER COLUMN ${name} DROP DEFAULT` }] : [];
}

/**
 * A child may be stricter than its parents, and up to Postgres 17 less strict too. Without ONLY: a NOT NULL goes down
 * to the children of the child, whose own settings come after it.
 */
function notNullSettings(column: Row, parents: readonly Row[], catalogue: Catalogue): Setting[] {
  const name = qualified(text(column, 'name'));
  const wanted = flag(column, 'not_null');
  if (wanted && !flag(column, 'not_null_valid')) {
    const constraint = optional(column, 'not_null_name') ?? '';
    return [{ change: `ADD CONSTRAINT ${qualified(constraint)} NOT NULL ${name} NOT VALID`, down: true }];
  }
  const above = inheritedColumns(column, parents, catalogue);
  if (above.length === 0) return [];
  const given = flag(column, 'local') || above.some((each) => flag(each, 'not_null'));
  if (wanted === given || (wanted && flag(column, 'local'))) return [];
  return [
    {
      change: `ALTER COLUMN ${name} ${wanted ? 'SET' : 'DROP'} NOT NULL`,
      down: wanted,
      address: notNullAddress(column),
      needs: above.map(notNullAddress),
    },
  ];
}

function notNullAddress(column: Row): string {
  return `pg_class:${text(column, 'relation')}:${text(column, 'number')} not null`;
}

function plainSettings(column: Row): Setting[] {
  const storage = storages[optional(column, 'storage') ?? ''];
  const compression = compressions[text(column, 'compression')];
  const statistics = optional(column, 'statistics');
  const options = strings(column, 'options');
  const changes = [
    storage === undefined ? '' : `SET STORAGE ${storage}`,
    compression === undefined ? '' : `SET COMPRESSION ${compression}`,
    statistics === null ? '' : `SET STATISTICS ${statistics}`,
    options.length === 0 ? '' : `SET (${optionsSql(options)})`,
  ];
  return changes
    .filter(Boolean)
    .map((change) => ({ change: `ALTER COLUMN ${qualified(text(column, 'name'))} ${change}` }));
}
