import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tool } from '../../../../tests/fixtures/tools.ts';
import type { Sample } from './sample.ts';
import { refusalOf, writeSample } from './sample.ts';
import { readAgain } from './second-reader.ts';

function expectAgreement({ bytes, written: { contents } }: Sample): void {
  const found = readAgain(bytes, tool('zstd'));
  expect(found.tables).toEqual(contents.tables.map(({ name, rows, digest }) => ({ name, rows, digest })));
  expect(found).toMatchObject({ contentRoot: contents.contentRoot, fileRoot: contents.fileRoot, release: '1.2.0' });
}

describe('a reader written from docs/FORMAT.md', () => {
  test('agrees with ours on rows of Postgres', async () => {
    expectAgreement(await writeSample());
  });

  test('agrees with ours on rows of MySQL', async () => {
    const engine = { family: 'mysql', name: 'MySQL', version: '9.1.0' } as const;
    const frames = [["(1,'one')", "(2,'a\\nb,(;')"], ['(NULL,0x00ff)']];
    expectAgreement(await writeSample({ manifest: { engine }, tables: [{ name: 'shop', frames }] }));
  });

  test('agrees with ours on any rows', async () => {
    const row = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ' '));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(row, { maxLength: 4 }), { maxLength: 2 }), async (frames) => {
        expectAgreement(await writeSample({ tables: [{ name: 'public.t', frames }] }));
      }),
      { numRuns: 5 },
    );
  });

  test('refuses the same damage', async () => {
    const { bytes } = await writeSample();
    for (let at = 0; at < bytes.length; at += 97) {
      const damaged = Buffer.from(bytes);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 0x20, at);
      expect(await refusalOf(damaged)).toBeDefined();
      expect(() => readAgain(damaged, tool('zstd'))).toThrow();
    }
  });
});
