import { Type } from 'typebox';
import { requestBase } from './document.ts';
import type { EntityKind } from './kind.ts';

export const CreateTag = Type.Object({
  ...requestBase,
  /** Fully qualified name of the classification. */
  classification: Type.String({ minLength: 1 }),
});

export const tag: EntityKind = {
  type: 'tag',
  collection: 'tags',
  table: 'tag_entity',
  ancestors: [{ type: 'classification', key: 'classification', column: 'classification_id' }],
  request: CreateTag,
};
