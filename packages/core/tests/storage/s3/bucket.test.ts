import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Client } from '#core/storage/s3/client.js';
import { openBucket } from '#core/storage/s3/s3-storage.js';
import { readSettings } from '#core/storage/s3/settings.js';
import { abortStrays } from '#core/storage/s3/stray-uploads.js';
import type { Storage } from '#core/storage/storage.js';
import type { Bucket } from '../../../../../tests/fixtures/s3.ts';
import { describeS3, freshBucket, s3Environment } from '../../../../../tests/fixtures/s3.ts';
import { temporaryFolder } from '../../../../../tests/fixtures/temporary-folder.ts';

const prefix = 'shop/daily/';
const hour = 3_600_000;
const megabyte = 1024 * 1024;

async function put(storage: Storage, name: string, content: string | Buffer): Promise<void> {
  const sink = await storage.create(name);
  await sink.write(Buffer.from(content));
  await sink.publish();
}

async function textOf(storage: Storage, name: string): Promise<string> {
  const source = await storage.open(name);
  const content = await source.read(0, source.size);
  await source.close();
  return content.toString();
}

describeS3('a bucket', () => {
  let bucket: Bucket;
  let storage: Storage;
  let notes: string;

  beforeAll(async () => {
    // Where uploads are written down: other tests run at the same time.
    notes = await temporaryFolder();
    process.env['TMPDIR'] = notes;
  });

  beforeEach(async () => {
    bucket = await freshBucket();
    storage = await openBucket({ bucket: bucket.name, prefix }, s3Environment());
  });

  const clientOf = async (): Promise<Client> =>
    new Client(bucket.name, await readSettings(bucket.name, s3Environment()));

  describe('a file', () => {
    test('of many parts has its name only when it is published, and nothing else stays', async () => {
      const content = randomBytes(20 * megabyte + 17);
      const sink = await storage.create('a.sql.zst');
      expect(sink.place).toBe(`s3://${bucket.name}/shop/daily/a.sql.zst`);
      const chunk = Buffer.alloc(999_983);
      for (let at = 0; at < content.length; at += chunk.length) {
        const size = content.copy(chunk, 0, at);
        await sink.write(chunk.subarray(0, size));
        // The buffer may be used again when the call has returned.
        chunk.fill(0);
      }
      expect(await bucket.keys()).toEqual([]);
      expect(await bucket.uploads()).toEqual([`${prefix}a.sql.zst`]);
      expect(await readdir(notes)).toHaveLength(1);
      await sink.publish();
      await sink.abandon();
      expect(await bucket.keys()).toEqual([`${prefix}a.sql.zst`]);
      expect(await bucket.uploads()).toEqual([]);
      expect(await readdir(notes)).toEqual([]);

      const source = await storage.open('a.sql.zst');
      expect(source).toMatchObject({ name: sink.place, size: content.length });
      const parts = Array.from({ length: 50 }, (_, index) => ({ from: index * 400_000, length: 399_999 + index }));
      const reads = await Promise.all(parts.map(({ from, length }) => source.read(from, length)));
      parts.forEach(({ from, length }, index) =>
        expect(reads[index]?.equals(content.subarray(from, from + length))).toBe(true),
      );
      expect((await source.read(0, content.length)).equals(content)).toBe(true);
      await expect(source.read(content.length - 2, 3)).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
      await source.close();
    });

    test('may be empty', async () => {
      await (await storage.create('a.sql.zst')).publish();
      expect(await storage.list()).toEqual([{ name: 'a.sql.zst', size: 0, modifiedAt: expect.any(Date) }]);
      expect(await textOf(storage, 'a.sql.zst')).toBe('');
    });

    test('that is abandoned leaves nothing', async () => {
      const sink = await storage.create('a.sql.zst');
      await sink.write(randomBytes(20 * megabyte));
      await sink.abandon();
      await sink.abandon();
      await expect(sink.write(Buffer.from('x'))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
      await expect(sink.publish()).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
      expect([await bucket.keys(), await bucket.uploads(), await readdir(notes)]).toEqual([[], [], []]);
    });

    test('never takes the place of another', async () => {
      await put(storage, 'a.sql.zst', 'first');
      await expect(storage.create('a.sql.zst')).rejects.toMatchObject({ code: 'BACKUP_EXISTS' });
      const late = await storage.create('b.sql.zst');
      await late.write(Buffer.from('late'));
      await storage.put('b.sql.zst', Buffer.from('early'));
      await expect(late.publish()).rejects.toMatchObject({ code: 'BACKUP_EXISTS' });
      expect(await textOf(storage, 'b.sql.zst')).toBe('early');
      expect(await bucket.keys()).toEqual([`${prefix}a.sql.zst`, `${prefix}b.sql.zst`]);
      expect(await bucket.uploads()).toEqual([]);
    });

    test('of many that want one name is one', async () => {
      const sinks = await Promise.all(Array.from({ length: 8 }, () => storage.create('a.sql.zst')));
      await Promise.all(sinks.map((sink, index) => sink.write(Buffer.from(`${index}`.repeat(10_000)))));
      const results = await Promise.allSettled(sinks.map((sink) => sink.publish()));
      const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
      expect(reasons).toHaveLength(7);
      for (const reason of reasons) expect(reason).toMatchObject({ code: 'BACKUP_EXISTS' });
      const winner = results.findIndex(({ status }) => status === 'fulfilled');
      expect(await textOf(storage, 'a.sql.zst')).toBe(`${winner}`.repeat(10_000));
      expect([await bucket.keys(), await bucket.uploads()]).toEqual([[`${prefix}a.sql.zst`], []]);
    });

    test('that is not there is missing', async () => {
      await expect(storage.open('a.sql.zst')).rejects.toMatchObject({ code: 'BACKUP_MISSING', exit: 2 });
    });

    test('that is replaced while it is read is no mixture', async () => {
      await storage.put('a.sql.zst', Buffer.alloc(100_000, 'a'));
      const source = await storage.open('a.sql.zst');
      await storage.put('a.sql.zst', Buffer.alloc(100_000, 'b'));
      await expect(source.read(50_000, 10)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
      await storage.remove('a.sql.zst');
      await expect(source.read(50_000, 10)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    });

    test('can be removed, also when it is gone', async () => {
      await put(storage, 'a.sql.zst', 'x');
      await storage.remove('a.sql.zst');
      await storage.remove('a.sql.zst');
      expect(await bucket.keys()).toEqual([]);
    });

    test('that is small is put in place of another', async () => {
      await storage.put('note.json', Buffer.from('one'));
      await storage.put('note.json', Buffer.from('two'));
      expect(await textOf(storage, 'note.json')).toBe('two');
    });

    test.each(['', '.', '..', '.hidden', 'a/b', '../a', 'a\\b', 'a\0b'])('cannot be named %j', async (name) => {
      await expect(storage.create(name)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
      await expect(storage.open(name)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
      await expect(storage.remove(name)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
      await expect(storage.put(name, Buffer.from('x'))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    });
  });

  test('takes any text in names and prefixes', async () => {
    const names = ['a b+c%20&=?#.sql.zst', "ü€🛒'()!*~.sql.zst", '<a>&amp;"b".sql.zst', 'a%2Fb.sql.zst'];
    storage = await openBucket({ bucket: bucket.name, prefix: 'a b+/ü&%2F/' }, s3Environment());
    for (const name of names) await put(storage, name, name);
    expect((await storage.list()).map(({ name }) => name)).toEqual(names.toSorted());
    for (const name of names) expect(await textOf(storage, name)).toBe(name);
    for (const name of names) await storage.remove(name);
    expect(await bucket.keys()).toEqual([]);
  });

  describe('its list', () => {
    test('has what is published right below the prefix, over many pages', async () => {
      const names = Array.from({ length: 1050 }, (_, index) => `${10_000 + index}.json`);
      for (let at = 0; at < names.length; at += 50) {
        await Promise.all(names.slice(at, at + 50).map((name) => storage.put(name, Buffer.from('xx'))));
      }
      for (const other of ['shop/daily', 'shop/dailyx', 'shop/x', `${prefix}.hidden`, `${prefix}deep/er`]) {
        await bucket.call('PUT', other, {}, 'x');
      }
      const sink = await storage.create('unpublished.sql.zst');
      const files = await storage.list();
      expect(files.map(({ name }) => name)).toEqual(names);
      expect(files[0]).toEqual({ name: '10000.json', size: 2, modifiedAt: expect.any(Date) });
      expect(Math.abs(Date.now() - (files[0]?.modifiedAt.getTime() ?? 0))).toBeLessThan(hour);
      await sink.abandon();
    });

    test('of a prefix that nothing is below is empty', async () => {
      expect(await storage.list()).toEqual([]);
    });
  });

  describe('what killed backups have left', () => {
    const script = fileURLToPath(new URL('upload-until-killed.mjs', import.meta.url));

    test('is aborted by the next one, at once if it ran on this machine', async () => {
      const child = spawn(process.execPath, [script, `s3://${bucket.name}/shop/daily`], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, ...s3Environment() },
      });
      await once(child.stdout, 'data');
      child.kill('SIGKILL');
      await once(child, 'close');
      expect(await bucket.uploads()).toEqual([`${prefix}killed.sql.zst`]);
      expect(await readdir(notes)).toHaveLength(1);

      await put(storage, 'a.sql.zst', 'whole');
      expect(await bucket.uploads()).toEqual([]);
      expect(await bucket.keys()).toEqual([`${prefix}a.sql.zst`]);
      expect(await readdir(notes)).toEqual([]);
    });

    test('is aborted after two days of silence if it ran elsewhere, and nothing else is', async () => {
      const others = ['shop/x.sql.zst', `${prefix}deep/x.sql.zst`, `${prefix}x.txt`, `${prefix}.x.sql.zst`];
      const strays = [`${prefix}x.sql.zst`, `${prefix}x.sql.zst.age`];
      for (const key of [...others, ...strays]) await bucket.beginUpload(key);
      await bucket.call('PUT', `${prefix}.x.sql.zst.claim`, {}, 'x');
      await storage.put('y.claim', Buffer.from('x'));
      const client = await clientOf();
      const claims = [`${prefix}.x.sql.zst.claim`, `${prefix}y.claim`];

      await abortStrays(client, prefix, Date.now() + 47 * hour);
      expect(await bucket.uploads()).toEqual([...others, ...strays].toSorted());
      expect(await bucket.keys()).toEqual(claims);
      await abortStrays(client, prefix, Date.now() + 49 * hour);
      expect(await bucket.uploads()).toEqual(others.toSorted());
      expect(await bucket.keys()).toEqual([`${prefix}y.claim`]);
    });

    test('is none of those that are at work', async () => {
      const sink = await storage.create('a.sql.zst');
      await sink.write(randomBytes(9 * megabyte));
      await put(storage, 'b.sql.zst', 'x');
      await sink.publish();
      expect(await bucket.keys()).toEqual([`${prefix}a.sql.zst`, `${prefix}b.sql.zst`]);
    });
  });
});
