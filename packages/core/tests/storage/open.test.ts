import { readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { openBackup } from '#core/storage/open-backup.js';
import { openStorage } from '#core/storage/open.js';
import { spool } from '#core/storage/spool.js';
import { temporaryFolder } from '../../../../tests/fixtures/temporary-folder.ts';

test('a storage is a folder, by its path or its URL', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'a.sql.zst'), 'x');
  for (const location of [folder, `${folder}/`, pathToFileURL(folder).href]) {
    expect((await openStorage(location).list()).map(({ name }) => name)).toEqual(['a.sql.zst']);
  }
  expect(openStorage('C:\\backups').location).toBe('C:\\backups');
  expect(openStorage('at 12:30').location).toBe('at 12:30');
});

test('a storage is a place in a bucket', () => {
  for (const location of ['s3://bucket', 'S3://bucket/', 's3://bucket/shop', 's3://bucket/a b/ü/']) {
    expect(openStorage(location).location).toBe(location.replace('S3', 's3').replace(/\/$/, ''));
  }
});

test.each([
  '',
  '-',
  's3://',
  's3:///shop',
  's3://bucket//shop',
  's3://bucket/../shop',
  's3://KEY:hid/den@bucket/hidden',
  'https://user:hidden@host/x',
  'file://otherhost/x',
  'sftp://host/x',
])('the place %j is refused', (location) => {
  expect(() => openStorage(location)).toThrow(expect.objectContaining({ code: 'STORAGE_INVALID', exit: 2 }));
  expect(() => openStorage(location)).not.toThrow('hidden');
});

test('a backup is a file, by its path or its URL', async () => {
  const folder = await temporaryFolder();
  const file = join(folder, 'a b.sql.zst');
  await writeFile(file, '0123456789');
  for (const location of [file, pathToFileURL(file).href]) {
    const source = await openBackup(location);
    expect(source).toMatchObject({ name: file, size: 10 });
    expect((await source.read(2, 3)).toString()).toBe('234');
    await source.close();
  }
  await expect(openBackup(join(folder, 'none'))).rejects.toMatchObject({ code: 'BACKUP_MISSING' });
  await expect(openBackup(folder)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  for (const location of ['s3://bucket', 's3://bucket/', 's3://bucket/shop/', 's3:///a', 's3://k:hidden@bucket/a']) {
    await expect(async () => openBackup(location)).rejects.toMatchObject({ code: 'STORAGE_INVALID' });
  }
});

// Other tests leave and remove files too.
beforeAll(async () => {
  process.env['TMPDIR'] = await temporaryFolder();
});

const left = async (): Promise<string[]> =>
  (await readdir(tmpdir())).filter((name) => /^lockstep-(?!test-)/.test(name));

test('a stream is taken in whole, and leaves nothing behind', async () => {
  const before = await left();
  const chunks = (async function* () {
    for (let index = 0; index < 1000; index++) yield Buffer.alloc(1000, `${index % 10}`);
  })();
  const source = await spool(chunks, 'standard input');
  expect(source).toMatchObject({ name: 'standard input', size: 1_000_000 });
  expect((await source.read(998_999, 3)).toString()).toBe('899');
  expect(await left()).toEqual(before);
  await source.close();
});

test('a stream that breaks is told, and leaves nothing behind', async () => {
  const chunks = (async function* () {
    yield Buffer.from('a');
    throw new Error('the pipe broke');
  })();
  await expect(spool(chunks, 'standard input')).rejects.toThrow('the pipe broke');
});
