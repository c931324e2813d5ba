import type { TableName } from '../database/database.ts';

/** The closed list of what Lockstep describes, backs up and restores. */
export type ShapeKind =
  | 'schema'
  | 'extension'
  | 'enum'
  | 'domain'
  | 'composite type'
  | 'sequence'
  | 'table'
  | 'column'
  | 'partition'
  | 'primary key'
  | 'unique constraint'
  | 'check constraint'
  | 'exclusion constraint'
  | 'foreign key'
  | 'index'
  | 'view'
  | 'materialized view'
  | 'function'
  | 'procedure'
  | 'trigger'
  | 'policy'
  | 'event'
  | 'comment'
  | 'owner'
  | 'grant';

/** JSON of facts that do not depend on the server's version. Keys are sorted before hashing. */
export type Fact = string | number | boolean | null | readonly Fact[] | { readonly [key: string]: Fact };

/** One thing of a database. (kind, name) is unique in a shape; `facts` are what the fingerprint sees. */
export interface ShapeObject {
  readonly kind: ShapeKind;
  /** The identity for people and for comparison, such as `public.shop` or `public.shop.owner`. */
  readonly name: string;
  readonly facts: Fact;
  /** The definition as the server writes it: for people, where the facts are a parsed tree. Never hashed. */
  readonly definition?: string;
}

/** A table whose rows are data of the product. Tables of Lockstep are not among them. */
export interface TableShape extends TableName {
  /** `schema.name`, or `name` where there is no schema: the name in reports, digests and files. */
  readonly label: string;
  /** Columns that hold data (not the generated ones), in the order of their names' UTF-8 bytes. */
  readonly columns: readonly ColumnShape[];
}

export interface ColumnShape {
  readonly name: string;
  /** The type as the engine writes it. */
  readonly type: string;
  /** How a value is written in a row: engine-specific, for the engine's own use. */
  readonly form?: string;
}

/** One statement that makes a part of the shape. */
export interface ShapeStatement {
  readonly kind: ShapeKind;
  readonly name: string;
  readonly create: string;
  /** For what a restore takes away before loading and puts back afterwards. */
  readonly drop?: string;
  /** Of a key, an index, a foreign key or a trigger: the label of its table. */
  readonly table?: string;
  /** Of a foreign key. */
  readonly reference?: Reference;
}

/** What a foreign key says: the columns of every row are in the columns of a row there, or one of them is NULL. */
export interface Reference {
  readonly from: TableName;
  readonly columns: readonly string[];
  readonly to: TableName;
  readonly toColumns: readonly string[];
  /** The server has checked it for every row. */
  readonly validated: boolean;
}

/** Something in the product's schemas that is outside of the list. Backups refuse it by name. */
export interface Unsupported {
  readonly kind: string;
  readonly name: string;
}

/** A database described: what the fingerprint, the comparison and the DDL of a backup are made from. */
export interface Shape {
  readonly objects: readonly ShapeObject[];
  readonly tables: readonly TableShape[];
  /** DDL that has to stand before rows are loaded: schemas, types, functions, tables. In order. */
  readonly before: readonly ShapeStatement[];
  /**
   * DDL that comes after the rows: keys, indexes, foreign keys, triggers, views, grants. In order. Those with `drop`
   * slow loading down or react to it, so a restore drops them (in reverse order) and creates them again.
   */
  readonly after: readonly ShapeStatement[];
  readonly unsupported: readonly Unsupported[];
}
