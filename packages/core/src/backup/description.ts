import type { TableOfContents } from './archive/table-of-contents.ts';

/** What a backup holds, by its table of contents. Bytes are those in the file; `sqlBytes` those of the text in it. */
export interface Description {
  readonly frames: number;
  readonly frameBytes: number;
  readonly sqlBytes: number;
  /** The largest first. */
  readonly tables: readonly DescribedTable[];
}

export interface DescribedTable {
  readonly name: string;
  readonly rows: number;
  readonly frames: number;
  readonly bytes: number;
  readonly sqlBytes: number;
}

/** Adds up the frames of each table. */
export function describeContents({ tables, frames }: TableOfContents): Description {
  const sums = new Map(tables.map(({ name }) => [name, { frames: 0, bytes: 0, sqlBytes: 0 }]));
  let frameBytes = 0;
  let sqlBytes = 0;
  for (const frame of frames) {
    frameBytes += frame.size;
    sqlBytes += frame.rawSize;
    const sum = sums.get(frame.table ?? '');
    if (!sum) continue;
    sum.frames += 1;
    sum.bytes += frame.size;
    sum.sqlBytes += frame.rawSize;
  }
  const described = tables.map(({ name, rows }) => ({
    name,
    rows,
    ...(sums.get(name) ?? { frames: 0, bytes: 0, sqlBytes: 0 }),
  }));
  return {
    frames: frames.length,
    frameBytes,
    sqlBytes,
    tables: described.toSorted((left, right) => right.bytes - left.bytes || right.rows - left.rows),
  };
}
