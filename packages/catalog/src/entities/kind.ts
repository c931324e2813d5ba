import type { TObject } from 'typebox';
import type { EntityType } from './document.ts';

/** Where an entity stands under another one. */
export interface Ancestor {
  readonly type: EntityType;
  /** The document's key for the reference to it. */
  readonly key: string;
  /** The generated column that holds its id. */
  readonly column: string;
}

/** One kind of entity: its place in the API and in the database. */
export interface EntityKind {
  readonly type: EntityType;
  /** Its path below `/api/v1`. */
  readonly collection: string;
  readonly table: string;
  /** Outermost first; the last one is the parent, which requests name by its fully qualified name under the same key. */
  readonly ancestors: readonly Ancestor[];
  /** The schema of the requests that create it. */
  readonly request: TObject;
  /** Keys that are never stored or returned, such as passwords. */
  readonly secrets?: readonly string[];
}

/** The entity that directly contains those of this kind. */
export function parentOf(kind: EntityKind): Ancestor | undefined {
  return kind.ancestors.at(-1);
}

/** The fully qualified name of the entity that a document says it is in. */
export function parentName(kind: EntityKind, document: Readonly<Record<string, unknown>>): string | undefined {
  const reference = document[parentOf(kind)?.key ?? ''];
  if (typeof reference !== 'object' || reference === null || !('fullyQualifiedName' in reference)) return undefined;
  return typeof reference.fullyQualifiedName === 'string' ? reference.fullyQualifiedName : undefined;
}
