import type { Counter } from '../../database/database.ts';
import { compareUtf8, contentRoot } from '../content-root.ts';
import { canonicalJson } from './canonical-json.ts';
import { FileRoot } from './file-root.ts';
import { maxContent, maxFrame } from './limits.ts';
import { isTooLarge, packManifest } from './manifest-frame.ts';
import type { TableOfContents } from './table-of-contents.ts';
import { frameKinds } from './table-of-contents.ts';

/**
 * Compares the parts of a table of contents with each other: names in order and without doubles, the order of the
 * frames and that one begins where the other ends, the rows of each table, content root and file root. Returns what is
 * wrong, or undefined. Both the writer and the reader ask it.
 */
export function findContradiction(contents: TableOfContents): string | undefined {
  return checkNames(contents) ?? checkFrames(contents) ?? checkRows(contents) ?? checkRoots(contents);
}

/** The order of counters: by schema, then by name. */
export function compareCounters(a: Counter, b: Counter): number {
  return compareUtf8(a.name.schema, b.name.schema) || compareUtf8(a.name.name, b.name.name);
}

function checkNames({ tables, counters }: TableOfContents): string | undefined {
  if (!ascending(tables, (a, b) => compareUtf8(a.name, b.name))) return 'the tables are not in order';
  const places = new Set(tables.map(({ schema, tableName }) => canonicalJson([schema, tableName])));
  if (places.size !== tables.length) return 'a table is there under two names';
  const mixed = tables.find((table) => !ascending(table.columns, compareUtf8));
  if (mixed) return `the columns of ${mixed.name} are not in order`;
  if (!ascending(counters, compareCounters)) return 'the counters are not in order';
  return undefined;
}

function checkFrames({ manifest, frames }: TableOfContents): string | undefined {
  const manifestFrame = packManifest(manifest);
  if (isTooLarge(manifestFrame)) return 'the manifest is too large';
  let end = manifestFrame.length;
  let kind = 0;
  for (const [index, frame] of frames.entries()) {
    const name = `frame ${index + 1}`;
    const own = frameKinds.indexOf(frame.kind);
    if (own < kind) return `${name} (${frame.kind}) is out of order`;
    if ((frame.table !== null) !== (frame.kind === 'data')) return `${name} has a table and should not, or the reverse`;
    if (frame.kind !== 'data' && frame.rows !== 0) return `${name} (${frame.kind}) has rows`;
    if (frame.offset !== end) return `${name} does not begin where the one before ends`;
    if (frame.rawSize > maxContent || frame.size > maxFrame(frame.rawSize)) return `${name} is too large`;
    end += frame.size;
    kind = own;
  }
  const once = (['head', 'tail'] as const).find((one) => frames.filter((frame) => frame.kind === one).length !== 1);
  return once && `there has to be one frame "${once}"`;
}

function checkRows({ tables, frames }: TableOfContents): string | undefined {
  const found = new Map(tables.map((table) => [table.name, 0]));
  for (const { table, rows } of frames) {
    if (table === null) continue;
    const sum = found.get(table);
    if (sum === undefined) return `there are rows of ${table}, which is not among the tables`;
    found.set(table, sum + rows);
  }
  const short = tables.find((table) => found.get(table.name) !== table.rows);
  return short && `the frames have ${found.get(short.name) ?? 0} rows of ${short.name}, the table has ${short.rows}`;
}

function checkRoots({ manifest, tables, frames, ...roots }: TableOfContents): string | undefined {
  const { fingerprint, release } = manifest;
  if (contentRoot({ fingerprint, release, tables }) !== roots.contentRoot) return 'the content root is wrong';
  const fileRoot = new FileRoot(packManifest(manifest));
  for (const frame of frames) fileRoot.add(frame.sha256);
  return fileRoot.hex() === roots.fileRoot ? undefined : 'the file root is wrong';
}

/** True if each item comes after the one before it, so that there are no doubles. */
function ascending<T>(items: readonly T[], compare: (a: T, b: T) => number): boolean {
  let before: T | undefined;
  for (const item of items) {
    if (before !== undefined && compare(before, item) >= 0) return false;
    before = item;
  }
  return true;
}
