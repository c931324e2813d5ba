import { Type } from 'typebox';
import { Compile } from 'typebox/compile';

/** The kinds of entities, as they are called in references. */
export type EntityType =
  | 'databaseService'
  | 'database'
  | 'databaseSchema'
  | 'table'
  | 'user'
  | 'classification'
  | 'tag';

/** How one entity names another. Only `id` and `type` are needed in requests. */
export const EntityReference = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 36 }),
  type: Type.String({ minLength: 1, maxLength: 64 }),
  name: Type.Optional(Type.String()),
  fullyQualifiedName: Type.Optional(Type.String()),
  displayName: Type.Optional(Type.String()),
  deleted: Type.Optional(Type.Boolean()),
});
export type EntityReference = Type.Static<typeof EntityReference>;

/** A tag on an entity or a column. In requests only `tagFQN` is needed. */
export const TagLabel = Type.Object({
  tagFQN: Type.String({ minLength: 1 }),
  name: Type.Optional(Type.String()),
  description: Type.Optional(Type.String()),
  source: Type.Optional(Type.Literal('Classification')),
  labelType: Type.Optional(Type.Enum(['Manual', 'Propagated', 'Automated', 'Derived', 'Generated'])),
  state: Type.Optional(Type.Enum(['Suggested', 'Confirmed'])),
});
export type TagLabel = Type.Static<typeof TagLabel>;

const tagLabel = Compile(TagLabel);

export function isTagLabel(value: unknown): value is TagLabel {
  return tagLabel.Check(value);
}

/** What changed between a version and the one before. */
export interface ChangeDescription {
  readonly fieldsAdded: readonly FieldChange[];
  readonly fieldsUpdated: readonly FieldChange[];
  readonly fieldsDeleted: readonly FieldChange[];
  readonly previousVersion: number;
}

export interface FieldChange {
  readonly name: string;
  readonly oldValue?: unknown;
  readonly newValue?: unknown;
}

/**
 * What every stored document holds. Keys that have no value are left out: there is no JSON null at this level. An entity
 * below another one holds a reference `{id, type, name, fullyQualifiedName}` to each entity above it, under the key of
 * its type (`service` for a database service). From release 1.2.0 on, owners and tags are not part of it.
 */
export interface EntityDocument {
  id: string;
  name: string;
  fullyQualifiedName: string;
  displayName?: string;
  description?: string;
  /** 0.1 to begin with. */
  version: number;
  /** Milliseconds since 1970. */
  updatedAt: number;
  updatedBy: string;
  deleted: boolean;
  changeDescription?: ChangeDescription;
  [key: string]: unknown;
}

/** An entity as the API shows it: the document with what is stored beside it. */
export interface Entity extends EntityDocument {
  owners?: EntityReference[];
  tags?: TagLabel[];
}

/** What every request to create an entity may hold. Keys that the catalog does not know are stored as they are. */
export const requestBase = {
  name: Type.String({ minLength: 1 }),
  displayName: Type.Optional(Type.String()),
  description: Type.Optional(Type.String()),
  owners: Type.Optional(Type.Array(EntityReference)),
  tags: Type.Optional(Type.Array(TagLabel)),
};

/** What every request to create an entity is, whatever its kind. */
export type EntityRequest = Type.Static<Type.TObject<typeof requestBase>> & Readonly<Record<string, unknown>>;

/** A reference as it is stored in documents and returned. */
export function referenceTo(type: EntityType, document: EntityDocument): EntityReference {
  const { id, name, fullyQualifiedName, displayName } = document;
  return { id, type, name, fullyQualifiedName, ...(displayName !== undefined && { displayName }) };
}
