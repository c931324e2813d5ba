import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isExactNumber } from '#core/database/mysql/row-form/document-number.js';
import type { Form } from '#core/database/mysql/row-form/forms.js';
import { rowForm } from '#core/database/mysql/row-form/row-form.js';
import { RowLines } from '#core/database/mysql/row-form/row-lines.js';
import type { LineForm } from '#core/database/mysql/row-form/row-lines.js';

type Value = Buffer | null;

/** The end of a result: 0xfe, warnings, status. */
const end = Buffer.from([5, 0, 0, 9, 0xfe, 0, 0, 2, 0]);

/** A value with its length before it, as the server sends it. */
function field(value: Value): Buffer {
  if (value === null) return Buffer.from([0xfb]);
  const { length } = value;
  if (length < 0xfb) return Buffer.concat([Buffer.from([length]), value]);
  const head = Buffer.alloc(length < 0x1_0000 ? 3 : length < 0x100_0000 ? 4 : 9);
  head[0] = head.length === 3 ? 0xfc : head.length === 4 ? 0xfd : 0xfe;
  head.writeUIntLE(length, 1, Math.min(head.length - 1, 6));
  return Buffer.concat([head, value]);
}

/** A row in as many packets as it takes. `largest` is 0xffffff on a real connection. */
function packets(row: readonly Value[]): Buffer {
  const payload = Buffer.concat(row.map(field));
  const pieces: Buffer[] = [];
  for (let at = 0; ; at += 0xffffff) {
    const piece = payload.subarray(at, at + 0xffffff);
    const head = Buffer.alloc(4);
    head.writeUIntLE(piece.length, 0, 3);
    pieces.push(head, piece);
    if (piece.length < 0xffffff) return Buffer.concat(pieces);
  }
}

/** Feeds the bytes in pieces that end at these places. */
function feed(forms: readonly LineForm[], bytes: Buffer, cuts: readonly number[], lines = newLines(forms)): string {
  const places = [...new Set(cuts.map((cut) => cut % bytes.length)), bytes.length].toSorted((a, b) => a - b);
  const found: Buffer[] = [];
  let rows = 0;
  let at = 0;
  for (const place of places) {
    const behind = lines.write(bytes.subarray(at, place));
    at = place;
    const taken = lines.take();
    found.push(taken.bytes);
    rows += taken.rows;
    if (!behind) continue;
    const rest = Buffer.concat([behind, bytes.subarray(at)]);
    expect(rest.equals(end)).toBe(true);
    break;
  }
  const text = Buffer.concat(found).toString('latin1');
  expect(rows).toBe(text.split('\n').length - 1);
  return text;
}

function newLines(forms: readonly LineForm[]): RowLines {
  return new RowLines(forms, isExactNumber);
}

/** The same by the writer of values. */
function expected(forms: readonly LineForm[], rows: readonly (readonly Value[])[]): string {
  const columns = forms.map((form, index) => ({
    name: `c${index}`,
    type: 'x',
    form: form === 'document' ? 'text' : form,
  }));
  const shape = { schema: '', name: 't', label: 't', columns };
  // Values of the form ascii may be bytes of any character set: the writer gives text only for those it quotes.
  return rows.map((row) => Buffer.from(rowForm.encode(shape, row)).toString('latin1')).join('');
}

const special = fc.constantFrom(0x00, 0x0a, 0x0d, 0x1a, 0x27, 0x5c, 0x22, 0x78, 0x65);
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)),
  fc
    .array(fc.oneof(special, fc.integer({ min: 0x20, max: 0x7e })), { maxLength: 300 })
    .map((array) => Buffer.from(array)),
);
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: fc.constantFrom(`'`, '\\', '\0', '\n', '\r', '\u001a', 'a', 'é', '😀'), maxLength: 60 }),
  fc.tuple(fc.nat(70_000), fc.string({ maxLength: 3 })).map(([count, piece]) => `${'y'.repeat(count)}${piece}'`),
);
const digits = fc.oneof(fc.bigInt().map(String), fc.double({ noNaN: true }).map(String));
const valueOf: Readonly<Record<LineForm, fc.Arbitrary<Buffer>>> = {
  number: digits.map((string) => Buffer.from(string)),
  double: digits.map((string) => Buffer.from(string)),
  text: text.map((string) => Buffer.from(string)),
  ascii: anyBytes,
  bytes: anyBytes,
  document: fc.json({ maxDepth: 3 }).map((string) => Buffer.from(string.replaceAll(/-?\d[\d.e+-]*/g, '7'))),
};

const content = fc
  .array(fc.constantFrom<LineForm>('number', 'double', 'text', 'ascii', 'bytes', 'document'), { maxLength: 6 })
  .chain((forms) => {
    const row = fc.tuple(...forms.map((form) => fc.option(valueOf[form], { nil: null, freq: 5 })));
    return fc.record({ forms: fc.constant(forms), rows: fc.array(row, { maxLength: 12 }) });
  });

describe('lines made of packets', () => {
  it('are those of the values, wherever the input is cut', () => {
    fc.assert(
      fc.property(content, fc.array(fc.nat(), { maxLength: 12 }), ({ forms, rows }, cuts) => {
        // A result without columns has one all the same.
        const sent = forms.length === 0 ? rows.map(() => [Buffer.from('1')]) : rows;
        const bytes = Buffer.concat([...sent.map(packets), end]);
        expect(feed(forms, bytes, cuts)).toBe(expected(forms, rows));
      }),
      { numRuns: 1500 },
    );
  });

  it('are those of the values, one byte at a time', () => {
    fc.assert(
      fc.property(content, ({ forms, rows }) => {
        const sent = forms.length === 0 ? rows.map(() => [Buffer.from('1')]) : rows;
        const bytes = Buffer.concat([...sent.map(packets), end]);
        fc.pre(bytes.length < 5000);
        expect(feed(forms, bytes, Array.from(bytes.keys()))).toBe(expected(forms, rows));
      }),
      { numRuns: 100 },
    );
  });

  // Where a row is cut into packets of 16 MB: in a value, in a length, before and behind one, and at its very end.
  it.each([-1, 0, 1, 2, 3, 4, 5, 8, 9])(
    'are those of a row whose second value begins %d bytes from the end of a packet',
    (distance) => {
      const first = Buffer.alloc(0xffffff - 4 - distance, 'x');
      const rows: Value[][] = [
        [first, Buffer.alloc(distance === 4 ? 0 : 70_000, `'`)],
        [null, Buffer.from('b')],
      ];
      const bytes = Buffer.concat([...rows.map(packets), end]);
      const places = Array.from({ length: Math.ceil(bytes.length / 65_000) }, (_, index) => index * 65_000 + 17);
      expect(feed(['text', 'bytes'], bytes, places) === expected(['text', 'bytes'], rows)).toBe(true);
    },
  );

  it('are refused when a row has too many or too few values', () => {
    for (const wrong of [[Buffer.from('1')], ['1', '2', '3'].map((digit) => Buffer.from(digit))]) {
      const bytes = Buffer.concat([packets(wrong), end]);
      const forms: Form[] = ['number', 'number'];
      expect(() => feed(forms, bytes, [])).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
      expect(() => feed(forms, bytes, Array.from(bytes.keys()))).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    }
  });

  it('end before the first document with a number that would not survive', () => {
    const documents = ['{"a": 1}', '{"a": "1.10"}', '{"a\\"": [1.10]}', '{"a": 2}'];
    const rows = documents.map((document, index) => [Buffer.from(String(index)), Buffer.from(document)]);
    const bytes = Buffer.concat([...rows.map(packets), end]);
    const forms: LineForm[] = ['number', 'document'];
    for (const cuts of [[], Array.from(bytes.keys())]) {
      const lines = newLines(forms);
      expect(feed(forms, bytes, cuts, lines)).toBe(expected(forms, rows.slice(0, 2)));
      expect(lines.inexact).toBe(true);
    }
  });
});

describe('a number in a document', () => {
  it.each([
    '0.5',
    '-0.0',
    '0.0',
    '1.0',
    '100.0',
    '0.30000000000000004',
    '123456789012345.0',
    '18446744073709551615',
    '-1',
    '0.00001',
    '0.000000000000001',
    '100000000000000.0',
    '1000000000000000.2',
  ])('%s is exact', (number) => {
    expect(isExactNumber(number)).toBe(true);
  });

  it.each([
    '1.10',
    '1.00',
    '0.00',
    '18446744073709551616',
    '-9223372036854775809',
    '0.3000000000000000444',
    '1234567890123456.7',
    '0.0000000000000009',
    '1000000000000000.0',
  ])('%s is not', (number) => {
    expect(isExactNumber(number)).toBe(false);
  });
});
