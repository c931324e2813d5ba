import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { findWrongRow } from '#core/database/postgres/check-rows.js';

const field = String.raw`(?:\\N|(?:[^\0\x08-\x0d\\]|\\[bfnrtv\\])*)`;

/** The same rule as one regular expression. */
function isSound(rows: string, columns: number): boolean {
  const row = columns === 0 ? '' : Array.from({ length: columns }, () => field).join('\t');
  return new RegExp(`^(?:${row}\n)*$`, 's').test(rows);
}

const bytes = fc
  .array(
    fc.constantFrom(
      '\\',
      'N',
      'n',
      '\\N',
      '\\\\',
      '\\t',
      '\t',
      '\n',
      '\r',
      '\0',
      '\b',
      '\x01',
      'a',
      'é',
      'x'.repeat(15),
    ),
    {
      maxLength: 40,
    },
  )
  .map((parts) => parts.join(''));

it('accepts what the rule accepts, and nothing else', () => {
  fc.assert(
    fc.property(bytes, fc.integer({ min: 0, max: 3 }), (rows, columns) => {
      expect([rows, findWrongRow(Buffer.from(rows), columns) === undefined]).toEqual([rows, isSound(rows, columns)]);
    }),
    { numRuns: 20_000 },
  );
});

it('does so wherever the rows are cut into slices', () => {
  const slice = 256 * 1024;
  fc.assert(
    fc.property(bytes, fc.integer({ min: 0, max: 40 }), (rows, before) => {
      const text = `a\t${'y'.repeat(slice - 2 - before)}${rows}`;
      expect([rows, findWrongRow(Buffer.from(text), 2) === undefined]).toEqual([rows, isSound(text, 2)]);
    }),
    { numRuns: 200 },
  );
});

it('knows nothing of the rows of another call', () => {
  for (const cut of ['a\t', 'a\\', 'a\t\\N', 'a']) {
    expect(findWrongRow(Buffer.from(cut), 2)).toBeDefined();
    expect(findWrongRow(Buffer.from('a\tb\n'), 2)).toBeUndefined();
  }
});
