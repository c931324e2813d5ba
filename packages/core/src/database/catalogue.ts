import type { Row } from './database.ts';

/**
 * What a server says about its own databases, in a form that does not depend on the engine. Three nested streams,
 * database by database, schema by schema, and some hundred tables at a time, so that the size of the server does
 * not matter. Read each stream to its end, or leave it, before the next one is asked for.
 *
 * @example
 * for await (const database of source.catalogue({ everyDatabase: true })) {
 *   for await (const schema of database.schemas()) {
 *     for await (const tables of schema.tables()) count += tables.length;
 *   }
 * }
 */
export type Catalogue = AsyncIterable<CatalogueDatabase>;

export interface CatalogueOptions {
  /**
   * Every database that the user may connect to, not only the one of the URL. Where the server's databases are
   * schemas (MySQL, MariaDB), the same choice is made among the schemas: all that the user sees, or the URL's.
   */
  readonly everyDatabase?: boolean | undefined;
  /** Also what belongs to the server itself: information_schema, pg_catalog, mysql, sys, performance_schema. */
  readonly includeSystem?: boolean | undefined;
}

export interface CatalogueDatabase {
  /** `default` on MySQL and MariaDB, which have no level above the schema. */
  readonly name: string;
  readonly comment: string | null;
  /** Why the database can't be read; it then has no schemas to read. Null where it can. */
  readonly unreadable: string | null;
  /** Schemas that are there but were not asked for. */
  readonly omitted: readonly string[];
  /** In the order of their names' bytes. */
  schemas(): AsyncIterable<CatalogueSchema>;
}

export interface CatalogueSchema {
  readonly name: string;
  readonly comment: string | null;
  /** How many tables there were when the schemas were listed: for progress. */
  readonly tableCount: number;
  /** Tables and views in the order of their names' bytes, at most a few hundred at a time. */
  tables(): AsyncIterable<readonly CatalogueTable[]>;
}

/** What a table is. Partitions are part of their table and do not stand on their own. */
export type CatalogueTableKind = 'table' | 'partitioned table' | 'foreign table' | 'view' | 'materialized view';

export interface CatalogueTable {
  readonly name: string;
  readonly kind: CatalogueTableKind;
  readonly comment: string | null;
  /** The server's estimate, decimal digits. Null where it has none. */
  readonly rowEstimate: string | null;
  /** The query of a view, as the server writes it. Null where it is no view or may not be read. */
  readonly definition: string | null;
  /** In their order in the table. */
  readonly columns: readonly CatalogueColumn[];
  /** The primary key, then unique keys, then foreign keys, by name. */
  readonly keys: readonly CatalogueKey[];
}

export interface CatalogueColumn {
  readonly name: string;
  /** Its ordinal number from 1. Dropped columns may leave gaps. */
  readonly position: number;
  /** The type as the engine writes it in full, such as `character varying(20)[]` or `int unsigned`. */
  readonly type: string;
  /** The bare name of the type in lower case, such as `varchar`; of an array its elements', of a domain its base's. */
  readonly baseType: string;
  readonly array: boolean;
  /** Characters or bytes of a text or binary type. Null where there is no limit. */
  readonly length: number | null;
  readonly precision: number | null;
  readonly scale: number | null;
  readonly nullable: boolean;
  /** SQL of the default, as the server writes it. */
  readonly default: string | null;
  /** SQL of a generated column's value. */
  readonly generated: string | null;
  /** The server counts up: identity, serial or AUTO_INCREMENT. */
  readonly counted: boolean;
  readonly comment: string | null;
}

export interface CatalogueKey {
  readonly kind: 'primary' | 'unique' | 'foreign';
  readonly name: string;
  readonly columns: readonly string[];
  /** Of a foreign key: what it points to, in the same database. */
  readonly references: CatalogueReference | null;
}

export interface CatalogueReference {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
}

/** Splits what an engine lists as schemas into those to read, in their order, and the names of the others. */
export function chosenSchemas(rows: readonly Row[]): { readonly chosen: readonly Row[]; readonly omitted: string[] } {
  const chosen = rows.filter((row) => row['chosen'] === '1');
  return { chosen, omitted: rows.filter((row) => row['chosen'] !== '1').map((row) => text(row, 'name')) };
}

/** How many tables are read at a time. */
export const tablesAtATime = 250;

/**
 * Puts tables together from rows of text, in the order in which they come.
 *
 * tables: name, kind, comment, row_estimate, definition.
 * columns: table_name, name, position, type, base_type, is_array, length, precision, scale, nullable, default,
 * generated, counted, comment; flags are '1' or '0'.
 * keys, one row for each column: table_name, kind, name, column, target_schema, target_table, target_column.
 */
export function assembleTables(
  tables: readonly Row[],
  columns: readonly Row[],
  keys: readonly Row[],
): CatalogueTable[] {
  const columnsOf = groupBy(columns, 'table_name');
  const keysOf = groupBy(keys, 'table_name');
  return tables.map((row) => {
    const name = text(row, 'name');
    return {
      name,
      kind: tableKind(text(row, 'kind')),
      comment: optional(row, 'comment'),
      rowEstimate: optional(row, 'row_estimate'),
      definition: optional(row, 'definition'),
      columns: (columnsOf.get(name) ?? []).map(column),
      keys: assembleKeys(keysOf.get(name) ?? []),
    };
  });
}

function column(row: Row): CatalogueColumn {
  return {
    name: text(row, 'name'),
    position: Number(text(row, 'position')),
    type: text(row, 'type'),
    baseType: text(row, 'base_type').toLowerCase(),
    array: row['is_array'] === '1',
    length: count(row, 'length'),
    precision: count(row, 'precision'),
    scale: count(row, 'scale'),
    nullable: row['nullable'] === '1',
    default: optional(row, 'default'),
    generated: optional(row, 'generated'),
    counted: row['counted'] === '1',
    comment: optional(row, 'comment'),
  };
}

const keyOrder = ['primary', 'unique', 'foreign'] as const;

function assembleKeys(rows: readonly Row[]): CatalogueKey[] {
  return keyOrder.flatMap((kind) => {
    const ofKind = rows.filter((row) => row['kind'] === kind);
    return [...groupBy(ofKind, 'name')].map(([name, parts]) => ({
      kind,
      name,
      columns: parts.map((part) => text(part, 'column')),
      references: kind === 'foreign' ? reference(parts) : null,
    }));
  });
}

function reference(parts: readonly Row[]): CatalogueReference | null {
  const first = parts[0];
  if (first === undefined) return null;
  return {
    schema: text(first, 'target_schema'),
    table: text(first, 'target_table'),
    columns: parts.map((part) => text(part, 'target_column')),
  };
}

function tableKind(kind: string): CatalogueTableKind {
  const kinds = ['table', 'partitioned table', 'foreign table', 'view', 'materialized view'] as const;
  return kinds.find((known) => known === kind) ?? 'table';
}

function groupBy(rows: readonly Row[], name: string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = text(row, name);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}

function text(row: Row, name: string): string {
  return optional(row, name) ?? '';
}

/** MySQL allows the character NUL in comments and definitions, Postgres nowhere: its picture takes its place. */
function optional(row: Row, name: string): string | null {
  const value = row[name] ?? null;
  return value === '' || value === null ? null : value.replaceAll('\0', '\u2400');
}

/** Lengths and precisions are at most 2^32, so a number holds them. */
function count(row: Row, name: string): number | null {
  const value = row[name] ?? null;
  return value === null ? null : Number(value);
}
