import { Type } from 'typebox';
import { requestBase } from './document.ts';
import type { EntityKind } from './kind.ts';

export const CreateDatabaseSchema = Type.Object({
  ...requestBase,
  /** Fully qualified name of the database. */
  database: Type.String({ minLength: 1 }),
});

export const databaseSchema: EntityKind = {
  type: 'databaseSchema',
  collection: 'databaseSchemas',
  table: 'database_schema_entity',
  ancestors: [
    { type: 'databaseService', key: 'service', column: 'service_id' },
    { type: 'database', key: 'database', column: 'database_id' },
  ],
  request: CreateDatabaseSchema,
};
