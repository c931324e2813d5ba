import { createHash } from 'node:crypto';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { listBackups, openStorage, readProof, recordProof } from '@lockstep/core';
import type { Proof, Source } from '@lockstep/core';
import { openArchive, readStamp } from '#core/backup/archive/reader.js';
import { temporaryFolder } from '../../../../tests/fixtures/temporary-folder.ts';
import { memorySource, sampleCodec, writeSample } from './sample.ts';

const name = 'shop-1.2.0-20261122T113025123Z.sql.zst';
let bytes: Buffer;
let proof: Proof;
beforeAll(async () => {
  const sample = await writeSample();
  bytes = sample.bytes;
  const { fileRoot, contentRoot } = sample.written.contents;
  proof = {
    format: 1,
    file: name,
    fileRoot,
    contentRoot,
    result: 'proven',
    reason: null,
    by: 'anna@db-1',
    at: '2026-11-23T02:00:00.000Z',
    engine: 'Postgres 15.18',
    tool: { name: 'lockstep', version: '0.1.0' },
    tables: 3,
    rows: 4,
  };
});

async function folderWith(files: Readonly<Record<string, Buffer | string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [file, content] of Object.entries(files)) await writeFile(join(folder, file), content);
  return folder;
}

it('lists backups newest first, and nothing else', async () => {
  const folder = await folderWith({ [name]: bytes, 'notes.txt': 'x', [`${name}.json`]: '{}' });
  const found = await listBackups(openStorage(folder));
  expect(found).toMatchObject([{ file: join(folder, name), product: 'shop', damage: null, proven: null }]);
});

it('says why a file is of no use, by what its name says', async () => {
  const later = 'shop-1.3.0-20261123T113025123Z.sql.zst';
  const folder = await folderWith({ [name]: bytes, [later]: bytes, 'odd.sql.zst': '' });
  await truncate(join(folder, later), bytes.length - 200);
  expect(await listBackups(openStorage(folder))).toMatchObject([
    { release: '1.3.0', takenAt: '2026-11-23T11:30:25.123Z', damage: expect.stringContaining('was cut') },
    { release: '1.2.0', damage: null },
    { product: '', damage: expect.stringContaining('it is empty') },
  ]);
});

it('tells a cut of any length from a whole file', async () => {
  const folder = await folderWith({});
  const lengths = fc.integer({ min: 0, max: bytes.length - 1 });
  await fc.assert(
    fc.asyncProperty(lengths, async (length) => {
      await writeFile(join(folder, name), bytes.subarray(0, length));
      const [found] = await listBackups(openStorage(folder));
      expect(found?.damage).toEqual(expect.any(String));
    }),
    { numRuns: 100 },
  );
});

it('reads nothing but the first and the last bytes to list and to show', async () => {
  const rows = [
    Array.from({ length: 5000 }, (_, row) => `${row}\t${createHash('sha256').update(`${row}`).digest('hex')}`),
  ];
  const { bytes: large, written } = await writeSample({ tables: [{ name: 'public.shop', frames: rows }] });
  const { frames } = written.contents;
  const [from, to] = [frames[0]?.offset ?? 0, large.length - 1000 - JSON.stringify(frames).length - 5000];
  const source = memorySource(large);
  const reads: (readonly [number, number])[] = [];
  const watched: Source = {
    ...source,
    read: (offset, length) => {
      reads.push([offset, offset + length]);
      return source.read(offset, length);
    },
  };
  await readStamp(watched);
  await openArchive(watched, sampleCodec);
  expect(to - from).toBeGreaterThan(100_000);
  expect(reads.filter(([start, end]) => start < to && end > from)).toEqual([]);
});

it('takes a proof for the file whose root it names, and for no other', async () => {
  const folder = await folderWith({ [name]: bytes });
  const storage = openStorage(folder);
  const proven = async (): Promise<unknown> => (await listBackups(storage))[0]?.proven;
  await recordProof(storage, name, proof);
  expect(await proven()).toEqual({ by: proof.by, at: proof.at, engine: proof.engine, tool: proof.tool });
  await recordProof(storage, name, { ...proof, fileRoot: '00'.repeat(32) });
  expect(await proven()).toBe(null);
  await recordProof(storage, name, { ...proof, result: 'failed', reason: 'shop is missing' });
  expect(await listBackups(storage)).toMatchObject([
    { proven: null, damage: `its restore failed on ${proof.at}: shop is missing` },
  ]);
});

it('takes nothing else for a proof', async () => {
  const folder = await folderWith({ [name]: bytes });
  const storage = openStorage(folder);
  await recordProof(storage, name, proof);
  const text = await readFile(join(folder, `${name}.proof.json`), 'utf8');
  expect(JSON.parse(text)).toEqual(proof);
  const put = (content: string): Promise<void> => storage.put(`${name}.proof.json`, Buffer.from(content));
  const read = (): Promise<Proof | undefined> => readProof(storage, name, proof.fileRoot);
  for (const key of Object.keys(proof)) {
    for (const value of [undefined, null, 2, [], {}, 'x\n']) {
      if (key === 'reason' && (value === null || value === 'x\n')) continue;
      if (key === 'file' && typeof value === 'string') continue;
      if (['tables', 'rows'].includes(key) && value === 2) continue;
      await put(JSON.stringify({ ...proof, [key]: value }));
      expect(await read(), `${key}: ${JSON.stringify(value)}`).toBe(undefined);
    }
  }
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.nat(text.length - 2).map((cut) => text.slice(0, cut)),
      ),
      async (content) => {
        await put(content);
        expect(await read()).toBe(undefined);
      },
    ),
    { numRuns: 100 },
  );
  await put(`${text}${' '.repeat(70_000)}`);
  expect(await read()).toBe(undefined);
});
