import { Type } from 'typebox';
import { requestBase } from './document.ts';
import type { EntityKind } from './kind.ts';

export const CreateUser = Type.Object({
  ...requestBase,
  email: Type.String({ minLength: 1, maxLength: 256 }),
  isBot: Type.Optional(Type.Boolean()),
  isAdmin: Type.Optional(Type.Boolean()),
});

export const user: EntityKind = {
  type: 'user',
  collection: 'users',
  table: 'user_entity',
  ancestors: [],
  request: CreateUser,
  secrets: ['password', 'confirmPassword', 'authenticationMechanism'],
};
