import { Type } from 'typebox';
import { requestBase } from './document.ts';
import type { EntityKind } from './kind.ts';

/** A group of tags, such as PersonalData. */
export const CreateClassification = Type.Object({
  ...requestBase,
  mutuallyExclusive: Type.Optional(Type.Boolean()),
});

export const classification: EntityKind = {
  type: 'classification',
  collection: 'classifications',
  table: 'classification_entity',
  ancestors: [],
  request: CreateClassification,
};
