import { createHash } from 'node:crypto';
import type { CatalogueColumn, CatalogueKey, CatalogueTable } from '@lockstep/core';
import { buildFullyQualifiedName } from '../fully-qualified-name.ts';
import { dataTypeOf } from './data-type.ts';

/** An entity as the source has it. `fields` are those that the source decides about; undefined ones it does not have. */
export interface Found {
  readonly name: string;
  readonly comment: string | null;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly columns?: readonly FoundColumn[];
}

export interface FoundColumn {
  readonly name: string;
  readonly comment: string | null;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** To be raised when the same facts make other fields, so that the next run writes them. */
const form = 1;

/** A database or a schema, which have a name and a comment. */
export function foundContainer(name: string, comment: string | null): Found {
  return { name, comment, fields: { sourceHash: hash({ form, name, comment }) } };
}

/**
 * A table. The estimate of its rows is written with what else there is to write, and is no reason to write: it changes
 * with every look.
 *
 * @param above Names of service, database and schema.
 */
export function foundTable(above: readonly string[], table: CatalogueTable): Found {
  const { rowEstimate, ...facts } = table;
  return {
    name: table.name,
    comment: table.comment,
    fields: {
      tableType: tableTypes[table.kind],
      schemaDefinition: table.definition ?? undefined,
      tableConstraints: table.keys.length === 0 ? undefined : table.keys.map((key) => constraint(above, key)),
      profile: rowEstimate === null ? undefined : { rowCount: Number(rowEstimate) },
      sourceHash: hash({ form, ...facts }),
    },
    columns: table.columns.map((column) => foundColumn(column, table.keys)),
  };
}

const tableTypes: Readonly<Record<CatalogueTable['kind'], string>> = {
  table: 'Regular',
  'partitioned table': 'Partitioned',
  'foreign table': 'Foreign',
  view: 'View',
  'materialized view': 'MaterializedView',
};

function foundColumn(column: CatalogueColumn, keys: readonly CatalogueKey[]): FoundColumn {
  const type = dataTypeOf(column.baseType);
  return {
    name: column.name,
    comment: column.comment,
    fields: {
      dataType: column.array ? 'ARRAY' : type,
      arrayDataType: column.array ? type : undefined,
      dataTypeDisplay: column.type,
      dataLength: column.length ?? undefined,
      precision: column.precision ?? undefined,
      scale: column.scale ?? undefined,
      constraint: columnConstraint(column, keys),
      ordinalPosition: column.position,
      defaultValue: column.default ?? undefined,
      generatedAs: column.generated ?? undefined,
      autoIncrement: column.counted ? true : undefined,
    },
  };
}

/** What holds for the column alone. */
function columnConstraint(column: CatalogueColumn, keys: readonly CatalogueKey[]): string {
  const own = keys.filter(({ columns }) => columns.length === 1 && columns[0] === column.name);
  if (own.some(({ kind }) => kind === 'primary')) return 'PRIMARY_KEY';
  if (own.some(({ kind }) => kind === 'unique')) return 'UNIQUE';
  return column.nullable ? 'NULL' : 'NOT_NULL';
}

const constraintTypes = { primary: 'PRIMARY_KEY', unique: 'UNIQUE', foreign: 'FOREIGN_KEY' } as const;

function constraint(above: readonly string[], { kind, columns, references }: CatalogueKey): Record<string, unknown> {
  const constraintType = constraintTypes[kind];
  if (references === null) return { constraintType, columns };
  const target = [...above.slice(0, -1), references.schema, references.table];
  const referredColumns = references.columns.map((column) => buildFullyQualifiedName([...target, column]));
  return { constraintType, columns, referredColumns };
}

function hash(facts: unknown): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}
