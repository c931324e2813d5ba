import { link, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { folderStorage } from '#core/storage/folder.js';
import type { Storage } from '#core/storage/storage.js';
import { temporaryFolder } from '../../../../tests/fixtures/temporary-folder.ts';

let folder: string;
let storage: Storage;

beforeEach(async () => {
  folder = await temporaryFolder();
  storage = folderStorage(folder);
});

async function put(name: string, text: string): Promise<void> {
  const sink = await storage.create(name);
  await sink.write(Buffer.from(text));
  await sink.publish();
}

/** A process number that no process has. */
const nobody = 4_194_303;
const partial = (process: number, host = hostname()): string => `.a.sql.zst.partial-${host}-${process}-0123abcd`;

async function age(path: string, hours: number): Promise<void> {
  const then = new Date(Date.now() - hours * 3_600_000);
  await utimes(path, then, then);
}

describe('a file in a folder', () => {
  test('has its name only when it is published, and nothing else stays', async () => {
    const sink = await storage.create('a.sql.zst');
    expect(sink.place).toBe(join(folder, 'a.sql.zst'));
    await sink.write(Buffer.from('one '));
    await sink.write(Buffer.from('two'));
    expect(await storage.list()).toEqual([]);
    expect((await readdir(folder)).every((name) => name.startsWith('.a.sql.zst.partial-'))).toBe(true);
    await sink.publish();
    expect(await readdir(folder)).toEqual(['a.sql.zst']);
    expect(await readFile(join(folder, 'a.sql.zst'), 'utf8')).toBe('one two');
    await sink.abandon();
    expect(await readdir(folder)).toEqual(['a.sql.zst']);
  });

  test('is for its owner only, and so is a folder that is made for it', async () => {
    storage = folderStorage(join(folder, 'deep', 'er'));
    await put('a.sql.zst', 'x');
    expect((await stat(join(folder, 'deep', 'er'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'deep', 'er', 'a.sql.zst'))).mode & 0o777).toBe(0o600);
  });

  test('that is abandoned leaves nothing', async () => {
    const sink = await storage.create('a.sql.zst');
    await sink.write(Buffer.alloc(100_000));
    await sink.abandon();
    await sink.abandon();
    expect(await readdir(folder)).toEqual([]);
    await expect(sink.publish()).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect(await readdir(folder)).toEqual([]);
  });

  test('never takes the place of another', async () => {
    await put('a.sql.zst', 'first');
    await expect(storage.create('a.sql.zst')).rejects.toMatchObject({ code: 'BACKUP_EXISTS' });
    const late = await storage.create('b.sql.zst');
    await late.write(Buffer.from('late'));
    await put('b.sql.zst', 'early');
    await expect(late.publish()).rejects.toMatchObject({ code: 'BACKUP_EXISTS' });
    expect(await readFile(join(folder, 'b.sql.zst'), 'utf8')).toBe('early');
    expect(await readdir(folder)).toEqual(['a.sql.zst', 'b.sql.zst']);
  });

  test('of many that want one name is one', async () => {
    const sinks = await Promise.all(Array.from({ length: 8 }, () => storage.create('a.sql.zst')));
    await Promise.all(sinks.map((sink, index) => sink.write(Buffer.from(`${index}`.repeat(10_000)))));
    const results = await Promise.allSettled(sinks.map((sink) => sink.publish()));
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBe(1);
    const winner = results.findIndex(({ status }) => status === 'fulfilled');
    expect(await readFile(join(folder, 'a.sql.zst'), 'utf8')).toBe(`${winner}`.repeat(10_000));
    expect(await readdir(folder)).toEqual(['a.sql.zst']);
  });

  test('is read in any part', async () => {
    await put('a.sql.zst', '0123456789');
    const source = await storage.open('a.sql.zst');
    expect(source).toMatchObject({ name: join(folder, 'a.sql.zst'), size: 10 });
    const parts = await Promise.all([source.read(3, 4), source.read(0, 10), source.read(10, 0)]);
    expect(parts.map(String)).toEqual(['3456', '0123456789', '']);
    await expect(source.read(8, 3)).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
    await source.close();
  });

  test('that is not there is missing, and what is no file is refused', async () => {
    await expect(storage.open('a.sql.zst')).rejects.toMatchObject({ code: 'BACKUP_MISSING', exit: 2 });
    await mkdir(join(folder, 'b.sql.zst'));
    await expect(storage.open('b.sql.zst')).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await writeFile(join(folder, 'c'), '');
    await expect(folderStorage(join(folder, 'c')).open('a')).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(folderStorage(join(folder, 'c')).create('a')).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(folderStorage(join(folder, 'c')).list()).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  });

  test('can be removed, also when it is gone', async () => {
    await put('a.sql.zst', 'x');
    await storage.remove('a.sql.zst');
    await storage.remove('a.sql.zst');
    expect(await readdir(folder)).toEqual([]);
  });

  test.each(['', '.', '..', '.hidden', 'a/b', '../a', 'a\\b', 'a\0b'])('cannot be named %j', async (name) => {
    await expect(storage.create(name)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(async () => storage.open(name)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(async () => storage.remove(name)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  });
});

describe('the list of a folder', () => {
  test('has the published files by name, and nothing that is hidden or no file', async () => {
    await put('b.sql.zst', 'xx');
    await put('a.sql.zst', 'x');
    await mkdir(join(folder, 'c.sql.zst'));
    await writeFile(join(folder, partial(nobody)), '');
    await symlink(join(folder, 'gone'), join(folder, 'd.sql.zst'));
    expect(await storage.list()).toEqual([
      { name: 'a.sql.zst', size: 1, modifiedAt: expect.any(Date) },
      { name: 'b.sql.zst', size: 2, modifiedAt: expect.any(Date) },
    ]);
  });

  test('of a folder that does not exist is empty', async () => {
    expect(await folderStorage(join(folder, 'none')).list()).toEqual([]);
  });
});

const stays = async (name: string, hours: number): Promise<boolean> => {
  await writeFile(join(folder, name), 'x');
  await age(join(folder, name), hours);
  await put(`x${Math.random()}`, 'x');
  return (await readdir(folder)).includes(name);
};

describe('what killed backups have left', () => {
  test('is removed by the next one when it is old and its process is dead', async () => {
    expect(await stays(partial(nobody), 2)).toBe(false);
  });

  test('stays while it is young', async () => {
    expect(await stays(partial(nobody), 0.5)).toBe(true);
  });

  test('stays while its process lives', async () => {
    expect(await stays(partial(process.ppid), 2)).toBe(true);
    expect(await stays(partial(process.pid), 2)).toBe(true);
  });

  test('stays for two days if another host wrote it', async () => {
    expect(await stays(partial(nobody, 'elsewhere'), 40)).toBe(true);
    expect(await stays(partial(nobody, 'elsewhere'), 50)).toBe(false);
    expect(await stays(partial(process.ppid), 50)).toBe(false);
  });

  test('is all that is removed', async () => {
    for (const name of ['.a.sql.zst.partial', '.partial-x-1-0123abcd', 'a.sql.zst.partial-x-1-0123abcd', '.b', 'c']) {
      expect(await stays(name, 1000)).toBe(true);
    }
  });

  test('between the two names of a published file does it no harm', async () => {
    await put('a.sql.zst', 'whole');
    await link(join(folder, 'a.sql.zst'), join(folder, partial(nobody)));
    await age(join(folder, partial(nobody)), 3);
    await put('b.sql.zst', 'x');
    expect(await readdir(folder)).toEqual(['a.sql.zst', 'b.sql.zst']);
    expect(await readFile(join(folder, 'a.sql.zst'), 'utf8')).toBe('whole');
  });
});

test('space is refused before it runs out, and found for a folder that does not exist yet', async () => {
  await storage.requireSpace(1);
  await folderStorage(join(folder, 'not', 'yet')).requireSpace(1);
  const error = await folderStorage(join(folder, 'not', 'yet'))
    .requireSpace(2 ** 60)
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'SPACE_MISSING', exit: 3 });
  expect(String(error)).toMatch(/has [\d.]+ [MGT]B free; 1152\.9 PB are needed/);
});

test('puts a small file in place of another, whole', async () => {
  const small = folderStorage(join(folder, 'small'));
  await small.put('note.json', Buffer.from('one'));
  await small.put('note.json', Buffer.from('two'));
  const source = await small.open('note.json');
  expect((await source.read(0, source.size)).toString()).toBe('two');
  await source.close();
  expect((await small.list()).map(({ name }) => name)).toEqual(['note.json']);
  expect(await readdir(join(folder, 'small'))).toEqual(['note.json']);
});
