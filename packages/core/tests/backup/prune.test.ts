import { readdir, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { openStorage, prune, recordProof } from '@lockstep/core';
import type { Storage } from '@lockstep/core';
import { temporaryFolder } from '../../../../tests/fixtures/temporary-folder.ts';
import { writeSample } from './sample.ts';

let folder: string;
let storage: Storage;
beforeEach(async () => {
  folder = await temporaryFolder();
  storage = openStorage(folder);
});

/** Writes a backup of noon on a day of November; returns its name. */
async function add(day: number, { isProven = false, product = 'shop' } = {}): Promise<string> {
  const takenAt = `2026-11-${String(day).padStart(2, '0')}T12:00:00.000Z`;
  const { bytes, written } = await writeSample({ manifest: { takenAt, product } });
  const name = `${product}-1.2.0-${takenAt.replace(/[-:.]/g, '')}.sql.zst`;
  await writeFile(join(folder, name), bytes);
  const { fileRoot, contentRoot } = written.contents;
  if (isProven) {
    await recordProof(storage, name, {
      format: 1,
      file: name,
      fileRoot,
      contentRoot,
      result: 'proven',
      reason: null,
      by: 'anna@db-1',
      at: takenAt,
      engine: 'Postgres 15.18',
      tool: { name: 'lockstep', version: '0.1.0' },
      tables: 3,
      rows: 4,
    });
  }
  return name;
}

const left = async (): Promise<string[]> => (await readdir(folder)).toSorted();

it('removes what no rule keeps, with its sidecar and its proof, and keeps what is proven', async () => {
  const [old, proven, first, second] = [
    await add(1, { isProven: true }),
    await add(2, { isProven: true }),
    await add(3),
    await add(4),
  ];
  await writeFile(join(folder, `${old}.json`), '{}');
  await writeFile(join(folder, 'notes.txt'), 'mine');
  const other = await add(1, { product: 'other' });
  const all = await left();
  const plan = await prune(storage, { product: 'shop', keep: { last: 1 }, dryRun: true });
  expect(await left()).toEqual(all);
  const result = await prune(storage, { product: 'shop', keep: { last: 1 } });
  expect(result).toEqual(plan);
  expect(result.removed.map(({ file }) => file)).toEqual([join(folder, first), join(folder, old)]);
  expect(await left()).toEqual([second, proven, `${proven}.proof.json`, 'notes.txt', other].toSorted());
});

it('reports damaged backups, and removes them only by their names', async () => {
  const [sound, cut] = [await add(1), await add(2)];
  await truncate(join(folder, cut), 1000);
  const result = await prune(storage, { product: 'shop', keep: { last: 1 } });
  expect(result).toMatchObject({
    kept: [{ file: join(folder, sound) }],
    removed: [],
    damaged: [{ file: join(folder, cut) }],
  });
  expect(await left()).toEqual([sound, cut]);
  await expect(prune(storage, { product: 'shop', damaged: [cut, sound] })).rejects.toMatchObject({
    code: 'BACKUP_SOUND',
  });
  await expect(prune(storage, { product: 'shop', damaged: [cut, 'x'] })).rejects.toMatchObject({
    code: 'BACKUP_MISSING',
  });
  expect(await left()).toEqual([sound, cut]);
  expect(await prune(storage, { product: 'shop', damaged: [cut] })).toMatchObject({
    removed: [{ file: join(folder, cut) }],
  });
  expect(await left()).toEqual([sound]);
});

it('keeps what the database needs, damaged as well, and says why', async () => {
  const [needed, old, newest] = [await add(1), await add(2), await add(3)];
  const options = { product: 'shop', needed: { name: needed, why: 'an upgrade' } };
  const result = await prune(storage, { ...options, keep: { last: 1 } });
  expect(result).toMatchObject({
    kept: [
      { file: join(folder, newest), why: ['newest', 'last'] },
      { file: join(folder, needed), why: ['an upgrade'] },
    ],
    removed: [{ file: join(folder, old) }],
  });
  expect(await left()).toEqual([needed, newest]);
  await truncate(join(folder, needed), 1000);
  await expect(prune(storage, { ...options, damaged: [needed] })).rejects.toMatchObject({ code: 'BACKUP_NEEDED' });
  expect(await left()).toEqual([needed, newest]);
});

it('removes what a killed run has left beside backups that are gone', async () => {
  const name = await add(1);
  const gone = 'shop-1.2.0-20261001T120000000Z.sql.zst';
  const old = [`${gone}.proof.json`, `${gone}.age.json`];
  for (const file of [...old, `${gone}.json`, `${name}.json`, 'own.json']) await writeFile(join(folder, file), '{}');
  for (const file of [...old, `${name}.json`, 'own.json']) await utimes(join(folder, file), 0, 0);
  const result = await prune(storage, { product: 'shop', keep: { last: 1 } });
  expect(result.orphans.toSorted()).toEqual(old.toSorted());
  expect(await left()).toEqual([name, `${name}.json`, `${gone}.json`, 'own.json'].toSorted());
});

it('refuses to run without a rule', async () => {
  const name = await add(1);
  for (const keep of [undefined, {}, { daily: 0 }]) {
    await expect(prune(storage, { product: 'shop', keep })).rejects.toMatchObject({ code: 'KEEP_RULE_MISSING' });
  }
  expect(await left()).toEqual([name]);
});
