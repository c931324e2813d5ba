import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openDatabase } from '@lockstep/core';
import { key } from '../encryption/key.ts';
import { describeEachEngine } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import type { FreshDatabase } from '../fixtures/fresh-database.ts';
import { fieldsOf, lockstep, succeed } from '../fixtures/lockstep.ts';
import { withBackup } from '../fixtures/shop.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { anyOf, damages, flipped, times } from './damages.ts';
import type { Anatomy, Damage } from './damages.ts';

// A file is checked before anything is done with the database, so one engine speaks for all.
describeEachEngine(
  'a restore of a damaged file, by command line',
  (engine) => {
    it('is refused before anything is written, whatever the damage is', { timeout: 300_000 }, async () => {
      const folder = await temporaryFolder();
      const [mine, yours] = [await key(folder, 'mine'), await key(folder, 'yours')];
      const take = async (...args: readonly string[]): Promise<string> => {
        const source = await freshDatabase(engine);
        await succeed(source.url, ['migrate']);
        await succeed(source.url, ['sample', '--tables', '40', '--seed', String(anyOf(1, 1_000_000))]);
        const { backup } = await succeed(source.url, ['backup', '--to', folder, ...args]);
        return String(fieldsOf(backup)['file']);
      };
      const [file, other] = [await anatomyOf(await take()), await anatomyOf(await take())];
      const encrypted = await readFile(await take('--encrypt-to', mine.recipient));
      const opened = ['--identity', mine.file];
      const all: readonly (Damage & { readonly args?: readonly string[] })[] = [
        ...damages(file, other),
        ...times(6).map(() => ({
          kind: 'bit flipped, encrypted',
          bytes: flipped(encrypted, anyOf(0, encrypted.length)),
          args: opened,
        })),
        ...times(3).map(() => ({
          kind: 'cut, encrypted',
          bytes: encrypted.subarray(0, anyOf(1, encrypted.length)),
          args: opened,
        })),
        { kind: 'wrong key', bytes: encrypted, args: ['--identity', yours.file] },
        { kind: 'no key', bytes: encrypted },
      ];
      const target = await freshDatabase(engine);
      const before = await shapeOf(target);
      const counts = new Map<string, number>();
      const left = all.entries();
      const work = async (): Promise<void> => {
        for (const [index, { kind, bytes, args = [] }] of left) {
          const damaged = join(folder, `damaged-${index}`);
          await writeFile(damaged, bytes);
          const answer = await lockstep(target.url, ['restore', damaged, ...args]);
          expect(answer, kind).toMatchObject({ code: 3, ok: false, error: expect.stringMatching(/^(FILE|KEY)_/) });
          expect(await shapeOf(target), kind).toEqual(before);
          counts.set(kind, (counts.get(kind) ?? 0) + 1);
        }
      };
      await Promise.all([work(), work()]);
      const lines = [...counts].map(([kind, count]) => `${String(count).padStart(5)} ${kind}`);
      process.stdout.write(
        `\nDamaged files that restore refused by command line: ${all.length}\n${lines.join('\n')}\n`,
      );
      expect(all.length).toBeGreaterThanOrEqual(50);
    });
  },
  (engine) => engine.name === 'postgres15',
);

async function anatomyOf(file: string): Promise<Anatomy> {
  const frames = await withBackup(file, async (archive) => archive.contents.frames);
  return { bytes: await readFile(file), frames };
}

/** Whatever there is in a database is in its shape. */
async function shapeOf({ url }: FreshDatabase): Promise<unknown> {
  const database = await openDatabase(url);
  try {
    const session = await database.session({ schemas: ['public'] });
    return await session.describe(['public']);
  } finally {
    await database.close();
  }
}
