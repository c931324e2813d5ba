import { CatalogError } from '../errors.ts';
import { classification } from './classification.ts';
import { databaseSchema } from './database-schema.ts';
import { databaseService } from './database-service.ts';
import { database } from './database.ts';
import type { EntityType } from './document.ts';
import type { EntityKind } from './kind.ts';
import { table } from './table.ts';
import { tag } from './tag.ts';
import { user } from './user.ts';

export const kinds: Readonly<Record<EntityType, EntityKind>> = {
  databaseService,
  database,
  databaseSchema,
  table,
  user,
  classification,
  tag,
};

/** The kind with this name. Throws INVALID_REQUEST if there is none. */
export function kindOf(type: string): EntityKind {
  const found = Object.values(kinds).find((kind) => kind.type === type);
  if (found) return found;
  throw new CatalogError('INVALID_REQUEST', `There is no entity type ${JSON.stringify(type)}.`);
}
