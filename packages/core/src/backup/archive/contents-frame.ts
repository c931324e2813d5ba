import type { Counter } from '../../database/database.ts';
import { LockstepError } from '../../errors.ts';
import { canonicalJson } from './canonical-json.ts';
import { formatVersion, maxColumns, maxContents, maxCounters, maxFrames, maxTables } from './limits.ts';
import { skippableHeader, skippableMagic } from './skippable.ts';
import type { TableOfContents } from './table-of-contents.ts';

// The payload of the table of contents is lines of canonical JSON, so that it can be read piece by piece: a title, a
// summary, then one line for each table, counter and frame.

export const contentsTitle = `lockstep contents ${formatVersion}`;

/** The frame of the table of contents, in pieces. */
export function packContents(contents: TableOfContents): Buffer[] {
  const pieces: Buffer[] = [];
  let lines: string[] = [];
  for (const line of contentsLines(contents)) {
    lines.push(line, '\n');
    if (lines.length < 10_000) continue;
    pieces.push(Buffer.from(lines.join('')));
    lines = [];
  }
  pieces.push(Buffer.from(lines.join('')));
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const fits =
    length <= maxContents &&
    contents.tables.length <= maxTables &&
    contents.tables.reduce((sum, { columns }) => sum + columns.length, 0) <= maxColumns &&
    contents.counters.length <= maxCounters &&
    contents.frames.length <= maxFrames;
  if (!fits) throw new LockstepError('INTERNAL', { reason: 'the table of contents is too large' });
  return [skippableHeader(skippableMagic.contents, length), ...pieces];
}

/** The first line after the title. */
export function summaryLine({ manifest, tables, counters, frames, contentRoot, fileRoot }: TableOfContents): string {
  const counts = { tables: tables.length, counters: counters.length, frames: frames.length };
  return canonicalJson({ manifest, ...counts, contentRoot, fileRoot });
}

export function counterLine({ name: { schema, name }, value, called }: Counter): string {
  return canonicalJson({ schema, name, value, called });
}

function* contentsLines(contents: TableOfContents): Generator<string> {
  yield contentsTitle;
  yield summaryLine(contents);
  for (const table of contents.tables) yield canonicalJson(table);
  for (const counter of contents.counters) yield counterLine(counter);
  for (const frame of contents.frames) yield canonicalJson(frame);
}
