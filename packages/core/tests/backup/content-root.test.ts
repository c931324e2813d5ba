import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { contentRoot } from '#core/backup/content-root.js';

const fingerprint = 'ab'.repeat(32);
const release = '1.2.0';
const table = (name: string, rows = 1): { name: string; rows: number; digest: string } => ({
  name,
  rows,
  digest: '0'.repeat(31) + rows,
});

test('the content root is the SHA-256 of a text that anyone can write down', () => {
  const digest = '0'.repeat(32);
  const text = `{"fingerprint":"${fingerprint}","release":"1.2.0","tables":[{"digest":"${digest}","name":"a\\"b","rows":0},{"digest":"${digest}","name":"z","rows":12}]}`;
  const tables = [
    { name: 'z', rows: 12, digest },
    { name: 'a"b', rows: 0, digest },
  ];
  expect(contentRoot({ fingerprint, release, tables })).toBe(createHash('sha256').update(text).digest('hex'));
});

test('the order in which tables are given does not matter', () => {
  // U+FF5E comes after U+1F600 in UTF-16 and before it in UTF-8.
  const names = ['public.a', 'public.b', '\u{ff5e}', '\u{1f600}', 'B'];
  const root = contentRoot({ fingerprint, release, tables: names.map((name) => table(name)) });
  expect(contentRoot({ fingerprint, release, tables: names.toReversed().map((name) => table(name)) })).toBe(root);
});

test('tables are sorted by UTF-8 bytes', () => {
  const digest = '0'.repeat(32);
  const line = (name: string): string => `{"digest":"${digest}","name":"${name}","rows":1}`;
  const text = `{"fingerprint":"${fingerprint}","release":"1.2.0","tables":[${line('\u{ff5e}')},${line('\u{1f600}')}]}`;
  const tables = ['\u{1f600}', '\u{ff5e}'].map((name) => ({ name, rows: 1, digest }));
  expect(contentRoot({ fingerprint, release, tables })).toBe(createHash('sha256').update(text).digest('hex'));
});

test('everything that goes in changes it, and nothing else', () => {
  const facts = { fingerprint, release, tables: [table('a'), table('b')] };
  const roots = new Set(
    [
      facts,
      { ...facts, fingerprint: 'cd'.repeat(32) },
      { ...facts, release: '1.2.1' },
      { ...facts, tables: [table('a')] },
      { ...facts, tables: [table('a'), table('c')] },
      { ...facts, tables: [table('a'), table('b', 2)] },
      { ...facts, tables: [table('a'), { ...table('b'), digest: 'f'.repeat(32) }] },
    ].map(contentRoot),
  );
  expect(roots.size).toBe(7);
  const columns = facts.tables.map((one) => ({ ...one, columns: ['x'], schema: '', tableName: 'x' }));
  expect(contentRoot({ ...facts, tables: columns })).toBe(contentRoot(facts));
});
