import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { readOnce } from '#core/storage/read-once.js';
import type { Source } from '#core/storage/storage.js';

test('what was read comes again without the source, in whole and in part', async () => {
  const content = randomBytes(10_000);
  const asked: number[] = [];
  const source: Source = {
    name: 'x',
    size: content.length,
    read: async (offset, length) => {
      asked.push(length);
      return Buffer.from(content.subarray(offset, offset + length));
    },
    close: async () => {},
  };
  const once = await readOnce(source);
  const reads = [
    [0, 100],
    [5000, 3000],
    [0, 100],
    [5000, 3000],
    [5001, 2999],
    [5100, 1],
    [4999, 2],
    [7999, 2],
  ] as const;
  for (const [offset, length] of reads) {
    expect((await once.read(offset, length)).equals(content.subarray(offset, offset + length))).toBe(true);
  }
  expect(asked).toEqual([100, 3000, 2, 2]);
  await once.close();
});
