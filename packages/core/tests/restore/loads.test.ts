import { expect, it } from 'vitest';
import type { FrameEntry, TableOfContents } from '#core/backup/archive/table-of-contents.js';
import { planLoads } from '#core/restore/loads.js';

const megabyte = 1024 * 1024;

/** A table of contents with so many megabytes of each table, in frames of 2 MB, one table after the other. */
function contentsOf(sizes: Readonly<Record<string, number>>): Pick<TableOfContents, 'frames'> {
  const frame = { offset: 0, size: 0, sha256: '' };
  const data = Object.entries(sizes).flatMap(([table, megabytes]): FrameEntry[] => {
    const count = Math.max(1, Math.ceil(megabytes / 2));
    const rawSize = (megabytes * megabyte) / count;
    return Array.from({ length: count }, () => ({ ...frame, kind: 'data', table, rows: 1, rawSize }));
  });
  return { frames: [{ ...frame, kind: 'head', table: null, rows: 0, rawSize: 100 }, ...data] };
}

it('every frame is loaded once, whatever is loaded already', () => {
  const contents = contentsOf({ giant: 600, large: 40, middle: 6, small: 0.5, tiny: 0.01 });
  const data = contents.frames.flatMap(({ kind }, index) => (kind === 'data' ? [index] : []));
  for (const loaded of [new Set<number>(), new Set(data.slice(0, 7)), new Set(data.slice(-1)), new Set(data)]) {
    const planned = planLoads(contents, loaded, 2).flatMap(({ frames }) => frames);
    expect(planned.toSorted((a, b) => a - b)).toEqual(data.filter((index) => !loaded.has(index)));
  }
});

it('a table goes in as a whole if it is neither tiny, nor begun, nor more than a session’s share', () => {
  const contents = contentsOf({ giant: 600, large: 40, middle: 6, small: 0.5, tiny: 0.01 });
  const wholes = (loaded: readonly number[]): (string | undefined)[] =>
    planLoads(contents, new Set(loaded), 2).flatMap(({ whole }) => (whole === undefined ? [] : [whole]));
  expect(wholes([])).toEqual(['large', 'middle']);
  const ofLarge = contents.frames.findIndex(({ table }) => table === 'large');
  expect(wholes([ofLarge])).toEqual(['middle']);
  expect(planLoads(contentsOf({ only: 30 }), new Set(), 1)).toMatchObject([{ whole: 'only' }]);
});

it('a giant table is shared out in pieces, a thousand small ones are put together, and the largest come first', () => {
  const small = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`t${index}`, 0.001]));
  const loads = planLoads(contentsOf({ ...small, giant: 100 }), new Set(), 2);
  const pieces = loads.filter(({ bytes }) => bytes > megabyte);
  expect(pieces.length).toBeGreaterThanOrEqual(12);
  expect(Math.max(...pieces.map(({ bytes }) => bytes))).toBeLessThanOrEqual(8 * megabyte);
  expect(loads.slice(pieces.length).map(({ frames }) => frames.length)).toEqual(Array.from({ length: 10 }, () => 100));
});
