import type { FrameEntry, TableOfContents } from '../backup/archive/table-of-contents.ts';

/** What one session loads in one transaction. */
export interface Load {
  /** Indexes of the frames, in the order of the file. */
  readonly frames: readonly number[];
  /** The table whose rows are all among the frames, and many enough to make something of it. */
  readonly whole: string | undefined;
  /** Bytes of content. */
  readonly bytes: number;
}

/**
 * A table with less content than this goes in by one transaction, so that its rows can be written in their final form;
 * a killed restore begins again with it.
 */
const largestWhole = 256 * 1024 * 1024;

/** Below this, a final form of the rows gains less than emptying the table for it costs. */
const smallestWhole = 1024 * 1024;

/** Content of a transaction with a part of a large table, or with many small tables. */
const loadBytes = 8 * 1024 * 1024;

/** A transaction locks every table that it touches, and the server has room for some thousand locks. */
const mostTables = 100;

/**
 * Shares out the frames that are still to be loaded: the largest tables first, so that the last loads are short. A table
 * that would keep one session busy longer than the others together is cut in pieces.
 */
export function planLoads(
  contents: Pick<TableOfContents, 'frames'>,
  loaded: ReadonlySet<number>,
  sessions: number,
): Load[] {
  const all = [...contents.frames.entries()].filter(([, frame]) => frame.kind === 'data');
  const total = all.reduce((sum, [, frame]) => sum + frame.rawSize, 0);
  const fair = Math.min(largestWhole, total / sessions);
  const byTable = new Map<string, Numbered[]>();
  for (const entry of all) {
    const label = entry[1].table ?? '';
    const frames = byTable.get(label);
    if (frames) frames.push(entry);
    else byTable.set(label, [entry]);
  }
  const tables = [...byTable].toSorted(([, a], [, b]) => sizeOf(b) - sizeOf(a));
  const loads: Load[] = [];
  let small: Numbered[][] = [];
  const together = (): void => {
    if (small.length > 0) loads.push(loadOf(small.flat()));
    small = [];
  };
  for (const [label, frames] of tables) {
    const left = frames.filter(([index]) => !loaded.has(index));
    const size = sizeOf(frames);
    if (left.length === 0) continue;
    if (left.length === frames.length && size >= smallestWhole && size <= Math.max(fair, loadBytes)) {
      loads.push(loadOf(frames, label));
    } else if (size > loadBytes) {
      loads.push(...pieces(left));
    } else {
      if (small.length >= mostTables || sizeOf(small.flat()) + size > loadBytes) together();
      small.push(left);
    }
  }
  together();
  return loads;
}

type Numbered = readonly [number, FrameEntry];

function pieces(frames: readonly Numbered[]): Load[] {
  const loads: Load[] = [];
  let piece: Numbered[] = [];
  for (const frame of frames) {
    if (piece.length > 0 && sizeOf(piece) + frame[1].rawSize > loadBytes) {
      loads.push(loadOf(piece));
      piece = [];
    }
    piece.push(frame);
  }
  if (piece.length > 0) loads.push(loadOf(piece));
  return loads;
}

function loadOf(frames: readonly Numbered[], whole?: string): Load {
  return { frames: frames.map(([index]) => index), whole, bytes: sizeOf(frames) };
}

function sizeOf(frames: readonly Numbered[]): number {
  return frames.reduce((sum, [, frame]) => sum + frame.rawSize, 0);
}
