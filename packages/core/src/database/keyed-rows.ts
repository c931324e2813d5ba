import type { TableName } from './database.ts';
import type { SqlValue } from './sql.ts';

/**
 * How a value is read, without loss:
 * - text: as the server writes it: numbers, times and documents to the last digit and blank
 * - bigint: a whole number of any size
 * - boolean
 * - bytes: of a `bytea`, a `BLOB`, a `BIT` and the like
 */
export type ValueKind = 'text' | 'bigint' | 'boolean' | 'bytes';

/** What has to be known of a table to go through it by its key, and to change its rows by it. */
export interface TableFacts extends TableName {
  /** Why rows can't be worked on in transactions, if so: `it is a view`. */
  readonly obstacle: string | undefined;
  readonly columns: ReadonlyMap<string, ColumnFacts>;
  /** Columns of the unique indexes that order rows as the server compares them. None of whole prefixes or conditions. */
  readonly uniqueKeys: readonly (readonly string[])[];
}

export interface ColumnFacts {
  readonly name: string;
  /** As the server writes it. */
  readonly type: string;
  readonly nullable: boolean;
  /** The kinds that its values may be read as, first the one of no choice. */
  readonly kinds: readonly ValueKind[];
  /** `<` and ORDER BY go by the same rule. */
  readonly ordered: boolean;
  readonly charset?: string | undefined;
  readonly collation?: string | undefined;
}

/** New values for many rows. */
export interface RowChange {
  readonly table: TableFacts;
  readonly key: readonly ColumnFacts[];
  readonly columns: readonly ColumnFacts[];
  /** The values of the key, then those of the columns. */
  readonly rows: readonly (readonly SqlValue[])[];
}

/** How far a replica is behind. */
export interface ReplicaLag {
  /** For people. */
  readonly name: string;
  /** Undefined where it is not known. */
  readonly seconds: number | undefined;
  /** Of the log; undefined where it is not known. */
  readonly bytes: number | undefined;
}

/** Cuts rows so that the text of each part has about so many bytes. A row that is larger is a part of its own. */
export function* rowParts(
  rows: readonly (readonly SqlValue[])[],
  bytes: number,
): Generator<readonly (readonly SqlValue[])[]> {
  let from = 0;
  let size = 0;
  for (const [index, row] of rows.entries()) {
    const own = row.reduce<number>((sum, value) => sum + sizeOf(value), 0);
    if (index > from && size + own > bytes) {
      yield rows.slice(from, index);
      from = index;
      size = 0;
    }
    size += own;
  }
  if (from < rows.length) yield rows.slice(from);
}

/** About how long a value is in a statement. Bytes are written in hexadecimal, and texts may be. */
function sizeOf(value: SqlValue): number {
  if (typeof value === 'string') return value.length * 2 + 4;
  return Buffer.isBuffer(value) ? value.length * 2 + 4 : 16;
}
