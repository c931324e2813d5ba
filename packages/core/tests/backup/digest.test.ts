import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TableDigest } from '#core/backup/digest.js';
import { digestOf, murmur3 } from './murmur3.ts';

const newline = 0x0a;

function linesOf(rows: readonly Uint8Array[]): Buffer {
  return Buffer.concat(rows.flatMap((row) => [row, Buffer.from('\n')]));
}

function digest(...chunks: readonly Uint8Array[]): { readonly rows: number; readonly digest: string } {
  const table = new TableDigest();
  for (const chunk of chunks) table.add(chunk);
  return table.result();
}

/** Bytes of a row that look random, and are the same in each run. */
function rowOf(length: number, seed: number): Buffer {
  const row = Buffer.alloc(length);
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  for (let at = 0; at < length; at++) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x61c88647;
    const byte = (state >>> 8) & 0xff;
    row[at] = byte === newline ? 0 : byte;
  }
  return row;
}

const hex = (text: string): string =>
  murmur3(Buffer.from(text))
    .map((word) => word.toString(16).padStart(16, '0'))
    .join('');

describe('the reference', () => {
  test.each([
    ['', '00000000000000000000000000000000'],
    ['hello', 'cbd8a7b341bd9b025b1e906a48ae1d19'],
    ['hello, world', '342fac623a5ebc8e4cdcbc079642414d'],
    ['The quick brown fox jumps over the lazy dog', 'e34bbc7bbc071b6c7a433ca9c49a9347'],
  ])('gives the published hash of %j', (text, expected) => {
    expect(hex(text)).toBe(expected);
  });

  test("gives the verification value of the author's own test", () => {
    const hashes = Buffer.alloc(256 * 16);
    for (let length = 0; length < 256; length++) {
      const key = Buffer.from(Array.from({ length }, (_, byte) => byte));
      const [h1, h2] = murmur3(key, BigInt(256 - length));
      hashes.writeBigUInt64LE(h1, length * 16);
      hashes.writeBigUInt64LE(h2, length * 16 + 8);
    }
    const [h1] = murmur3(hashes);
    expect(h1 & 0xffffffffn).toBe(0x6384ba69n);
  });
});

describe('a digest', () => {
  test('of no rows is 0', () => {
    expect(digest()).toEqual({ rows: 0, digest: '0'.repeat(32) });
    expect(digest(Buffer.alloc(0))).toEqual({ rows: 0, digest: '0'.repeat(32) });
  });

  test('reads a hash as h1 + h2 * 2^64, the most significant digit first', () => {
    expect(digest(Buffer.from('hello\n')).digest).toBe('5b1e906a48ae1d19cbd8a7b341bd9b02');
  });

  test('counts rows that are empty', () => {
    expect(digest(Buffer.from('\n\n\n'))).toEqual({ rows: 3, digest: '0'.repeat(32) });
  });

  test('equals the reference for every length up to 300 bytes', () => {
    const rows = Array.from({ length: 301 }, (_, length) => rowOf(length, length));
    for (const row of rows) expect(digest(linesOf([row]))).toEqual(digestOf([row]));
    expect(digest(linesOf(rows))).toEqual(digestOf(rows));
  });

  test('equals the reference for any rows', () => {
    const row = fc.uint8Array({ maxLength: 80 }).map((bytes) => bytes.filter((byte) => byte !== newline));
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
        expect(digest(linesOf(rows))).toEqual(digestOf(rows));
      }),
      { numRuns: 200 },
    );
  });

  test('carries over into the upper word', () => {
    // Enough rows for the lower words to overflow many times over.
    const rows = Array.from({ length: 500 }, (_, index) => rowOf(20, index));
    expect(digest(linesOf(rows))).toEqual(digestOf(rows));
  });

  test.each([255 * 1024, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 256 * 1024 + 17, 700_001])(
    'equals the reference for a row of %i bytes, which spans slices',
    (length) => {
      const rows = [rowOf(5, 1), rowOf(length, 2), rowOf(33, 3)];
      expect(digest(linesOf(rows))).toEqual(digestOf(rows));
    },
  );

  test('equals the reference wherever a slice ends', () => {
    const long = rowOf(256 * 1024 - 40, 7);
    for (let before = 0; before < 60; before += 4) {
      const rows = [long, rowOf(before, 8), rowOf(31, 9), rowOf(16, 10)];
      expect(digest(linesOf(rows))).toEqual(digestOf(rows));
    }
  });

  test('does not depend on order or chunks', () => {
    const rows = Array.from({ length: 200 }, (_, index) => rowOf(index % 50, index));
    const whole = digest(linesOf(rows));
    expect(digest(linesOf(rows.toReversed()))).toEqual(whole);
    expect(digest(...rows.map((row) => linesOf([row])))).toEqual(whole);
  });

  test('tells a row that is missing, doubled or changed', () => {
    const rows = Array.from({ length: 50 }, (_, index) => rowOf(40, index));
    const whole = digest(linesOf(rows));
    expect(digest(linesOf(rows.slice(1))).digest).not.toBe(whole.digest);
    expect(digest(linesOf([...rows, rowOf(40, 0)])).digest).not.toBe(whole.digest);
    const changed = rows.map((row, index) => (index === 20 ? Buffer.concat([row, Buffer.from(' ')]) : row));
    expect(digest(linesOf(changed)).digest).not.toBe(whole.digest);
  });

  test('of parts put together is that of the whole', () => {
    const rows = Array.from({ length: 100 }, (_, index) => rowOf(30, index));
    const parts = [rows.slice(0, 10), rows.slice(10, 11), rows.slice(11)].map((part) => {
      const table = new TableDigest();
      table.add(linesOf(part));
      return table;
    });
    expect(TableDigest.combine(parts).result()).toEqual(digest(linesOf(rows)));
    expect(TableDigest.combine([]).result()).toEqual({ rows: 0, digest: '0'.repeat(32) });
  });

  test('refuses a chunk that ends within a row, and is unharmed by it', () => {
    const table = new TableDigest();
    table.add(Buffer.from('a\n'));
    expect(() => table.add(Buffer.from('b\nc'))).toThrow('a chunk of rows ends within a row');
    table.add(Buffer.from('b\n'));
    expect(table.result()).toEqual(digest(Buffer.from('a\nb\n')));
  });
});
