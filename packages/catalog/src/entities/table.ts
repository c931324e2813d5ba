import { Type } from 'typebox';
import { requestBase, TagLabel } from './document.ts';
import type { EntityKind } from './kind.ts';

/**
 * A column. `dataTypeDisplay` is the type in the database's own words; `constraint` says what holds for the column
 * alone; `children` are the fields of a struct. Its fully qualified name is made when it is read, not stored.
 */
export const Column = Type.Cyclic(
  {
    Column: Type.Object({
      name: Type.String({ minLength: 1 }),
      displayName: Type.Optional(Type.String()),
      description: Type.Optional(Type.String()),
      dataType: Type.String({ minLength: 1, maxLength: 64 }),
      dataTypeDisplay: Type.Optional(Type.String()),
      dataLength: Type.Optional(Type.Number()),
      constraint: Type.Optional(Type.Enum(['NULL', 'NOT_NULL', 'UNIQUE', 'PRIMARY_KEY'])),
      ordinalPosition: Type.Optional(Type.Integer()),
      tags: Type.Optional(Type.Array(TagLabel)),
      children: Type.Optional(Type.Array(Type.Ref('Column'))),
    }),
  },
  'Column',
);
export type Column = Type.Static<typeof Column>;

/** A constraint over several columns. `referredColumns` are fully qualified names. */
export const TableConstraint = Type.Object({
  constraintType: Type.Enum(['PRIMARY_KEY', 'UNIQUE', 'FOREIGN_KEY', 'SORT_KEY', 'DIST_KEY', 'CLUSTER_KEY']),
  columns: Type.Array(Type.String()),
  referredColumns: Type.Optional(Type.Array(Type.String())),
});
export type TableConstraint = Type.Static<typeof TableConstraint>;

export const CreateTable = Type.Object({
  ...requestBase,
  /** Fully qualified name of the schema. */
  databaseSchema: Type.String({ minLength: 1 }),
  /** Such as Regular, View, External, Partitioned. */
  tableType: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  columns: Type.Array(Column),
  tableConstraints: Type.Optional(Type.Array(TableConstraint)),
  /** What an ingestion run computed from the source; the next run skips a table whose hash is the same. */
  sourceHash: Type.Optional(Type.String()),
});

export const table: EntityKind = {
  type: 'table',
  collection: 'tables',
  table: 'table_entity',
  ancestors: [
    { type: 'databaseService', key: 'service', column: 'service_id' },
    { type: 'database', key: 'database', column: 'database_id' },
    { type: 'databaseSchema', key: 'databaseSchema', column: 'database_schema_id' },
  ],
  request: CreateTable,
};
