import type { Counter } from '../../database/database.ts';
import type { Manifest } from './manifest.ts';

/** The kinds of frames, in the order in which they stand in a file. `head` and `tail` stand there once. */
export const frameKinds = ['head', 'shape', 'data', 'counters', 'rest', 'state', 'tail'] as const;

/**
 * - `head`: phase `restoring`, settings of the session
 * - `shape`: the DDL that has to stand before the rows
 * - `data`: rows of one table
 * - `counters`: where sequences and AUTO_INCREMENT stood
 * - `rest`: the DDL that comes after the rows
 * - `state`: history and state
 * - `tail`: phase `ready`
 */
export type FrameKind = (typeof frameKinds)[number];

/** A table as the snapshot had it. */
export type TableResult = {
  /** The table's label, by which reports and frames name it: `public.shop`. */
  readonly name: string;
  /** '' where there is no schema. */
  readonly schema: string;
  /** The table's own name. */
  readonly tableName: string;
  readonly rows: number;
  /** 32 hexadecimal digits; see `TableDigest`. */
  readonly digest: string;
  /** The columns that a row has, in its order: by the UTF-8 bytes of their names. */
  readonly columns: readonly string[];
};

/** One frame of the file. */
export type FrameEntry = {
  readonly kind: FrameKind;
  /** The label of the table of a data frame; null in others. */
  readonly table: string | null;
  /** Rows in a data frame; 0 in others. */
  readonly rows: number;
  /** Where the frame begins in the file. */
  readonly offset: number;
  /** Bytes of the frame in the file. */
  readonly size: number;
  /** Bytes of its content: the SQL with its first line, the label. */
  readonly rawSize: number;
  /** SHA-256 of the frame's bytes in the file: 64 hexadecimal digits. */
  readonly sha256: string;
};

/** The last part of a file: the manifest again, and what came out while the rows were read. */
export interface TableOfContents {
  readonly manifest: Manifest;
  /** In the order of the UTF-8 bytes of their names. */
  readonly tables: readonly TableResult[];
  /** In the order of schema and name, by their UTF-8 bytes. */
  readonly counters: readonly Counter[];
  readonly frames: readonly FrameEntry[];
  /** See `contentRoot`. */
  readonly contentRoot: string;
  /** The chain of the SHA-256 of all frames; see `FileRoot`. */
  readonly fileRoot: string;
}
