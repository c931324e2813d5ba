import { Type } from 'typebox';
import { requestBase } from './document.ts';
import type { EntityKind } from './kind.ts';

/** A database server, such as a Postgres or a warehouse. */
export const CreateDatabaseService = Type.Object({
  ...requestBase,
  serviceType: Type.String({ minLength: 1, maxLength: 64 }),
});

export const databaseService: EntityKind = {
  type: 'databaseService',
  collection: 'services/databaseServices',
  table: 'database_service_entity',
  ancestors: [],
  request: CreateDatabaseService,
  // How to log in to a source is not the catalog's to keep.
  secrets: ['connection'],
};
