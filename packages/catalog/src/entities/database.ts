import { Type } from 'typebox';
import { requestBase } from './document.ts';
import type { EntityKind } from './kind.ts';

export const CreateDatabase = Type.Object({
  ...requestBase,
  /** Fully qualified name of the database service. */
  service: Type.String({ minLength: 1 }),
});

export const database: EntityKind = {
  type: 'database',
  collection: 'databases',
  table: 'database_entity',
  ancestors: [{ type: 'databaseService', key: 'service', column: 'service_id' }],
  request: CreateDatabase,
};
