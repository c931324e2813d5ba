import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { beforeEach, expect, test } from 'vitest';
import { verifyCipherText } from '#core/backup/cipher-text.js';
import { createFile } from '#core/backup/create-file.js';
import { listBackups } from '#core/backup/list.js';
import type { Sidecar } from '#core/backup/sidecar.js';
import { openSidecar } from '#core/backup/sidecar.js';
import { folderStorage } from '#core/storage/folder.js';
import type { Storage } from '#core/storage/storage.js';
import { temporaryFolder } from '../../../../tests/fixtures/temporary-folder.ts';
import { sampleManifest, writeSample } from './sample.ts';

let folder: string;
let storage: Storage;
let identity: string;
let recipient: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  storage = folderStorage(folder);
  identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
});

const name = 'shop-1.2.0-20261122T113025123Z.sql.zst.age';

async function take(to = storage): Promise<Buffer> {
  const { bytes, written } = await writeSample();
  const { contents } = written;
  const file = await createFile(to, contents.manifest, [recipient, recipient]);
  try {
    await file.write(bytes);
    await file.publish(contents);
    return bytes;
  } finally {
    await file.abandon();
  }
}

async function sidecar(): Promise<Sidecar> {
  const source = await storage.open(name);
  try {
    return await openSidecar(source, name, (beside) => storage.open(beside));
  } finally {
    await source.close();
  }
}

async function verify(): Promise<void> {
  const source = await storage.open(name);
  try {
    await verifyCipherText(source, await sidecar());
  } finally {
    await source.close();
  }
}

async function listed(identities: readonly string[] = []): Promise<[string, string | null][]> {
  const found = await listBackups(storage, identities);
  return found.map(({ product, damage }) => [product, damage]);
}

test('an encrypted backup is listed and checked without its key', async () => {
  await take();
  expect(await readdir(folder)).toEqual([name, `${name}.json`]);
  const bytes = await readFile(join(folder, name));
  expect(await sidecar()).toMatchObject({
    product: 'shop',
    release: '1.2.0',
    engine: 'Postgres 15.18',
    takenAt: '2026-11-22T11:30:25.123456Z',
    drifted: false,
    recipients: 2,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
  await verify();
  expect(await listBackups(storage)).toMatchObject([
    { product: 'shop', release: '1.2.0', encrypted: true, bytes: bytes.length, damage: null },
  ]);
  expect(await listed([identity])).toEqual([['shop', null]]);
  expect(await listed([await generateX25519Identity()])).toEqual([['shop', null]]);
});

test('neither the file nor its sidecar tells of tables', async () => {
  await take();
  for (const file of await readdir(folder)) {
    expect((await readFile(join(folder, file))).toString('latin1')).not.toMatch(/item|public\./);
  }
});

test('what was changed in the file is found without its key', async () => {
  await take();
  const place = join(folder, name);
  const bytes = await readFile(place);
  for (const at of [0, 300, bytes.length - 1]) {
    const damaged = Buffer.from(bytes);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
    await writeFile(place, damaged);
    await expect(verify()).rejects.toMatchObject({ code: 'FILE_DAMAGED', message: expect.stringContaining('SHA-256') });
  }
  await writeFile(place, bytes.subarray(1));
  await expect(verify()).rejects.toMatchObject({ code: 'FILE_DAMAGED', message: expect.stringContaining('bytes') });
  expect(await listed()).toEqual([['shop', expect.stringContaining('its sidecar says')]]);
});

test('a sidecar that cannot be read, or that speaks of another backup, is found', async () => {
  await take();
  const place = join(folder, `${name}.json`);
  const text = await readFile(place, 'utf8');
  for (const wrong of ['', '[]', text.slice(1), text.replace('"shop"', '7'), `${text}${' '.repeat(70_000)}`]) {
    await writeFile(place, wrong);
    expect(await listed()).toEqual([['shop', expect.stringContaining('damaged')]]);
  }
  await writeFile(place, text.replace('"format":1', '"format":2'));
  expect(await listed()).toEqual([['shop', expect.stringContaining('format 2')]]);
  await writeFile(place, text.replace('"1.2.0"', '"1.3.0"'));
  expect(await listed([identity])).toEqual([['shop', expect.stringContaining('another backup')]]);
  await writeFile(place, text.replace('{', '{"new":[1],'));
  expect(await listed([identity])).toEqual([['shop', null]]);
});

test('a sidecar that cannot be written takes its file with it', async () => {
  const full: Storage = { ...storage, put: () => Promise.reject(new Error('the disk is full')) };
  await expect(take(full)).rejects.toThrow('the disk is full');
  expect(await readdir(folder)).toEqual([]);
});

test('a name that is taken keeps its sidecar', async () => {
  await take();
  const before = await readFile(join(folder, `${name}.json`), 'utf8');
  // The other takes the name between the beginning and the end of this one.
  await rm(join(folder, name));
  const file = await createFile(storage, sampleManifest(), [recipient]);
  await file.write(Buffer.from('x'));
  await writeFile(join(folder, name), 'other');
  await expect(file.publish((await writeSample()).written.contents)).rejects.toMatchObject({ code: 'BACKUP_EXISTS' });
  expect(await readFile(join(folder, `${name}.json`), 'utf8')).toBe(before);
});

const script = fileURLToPath(new URL('encrypt-until-killed.mjs', import.meta.url));

async function killWhen(printed: string): Promise<void> {
  const child = spawn(process.execPath, [script, folder, recipient, printed], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'close');
}

test('a process that is killed before the file has its name leaves no backup', async () => {
  await killWhen('written');
  expect(await listed()).toEqual([]);
  expect(await storage.list()).toEqual([]);
});

test('a file whose process was killed before the sidecar is not taken for a backup', async () => {
  await killWhen('named');
  expect((await storage.list()).map((file) => file.name)).toEqual([name]);
  expect(await listed()).toEqual([['shop', expect.stringContaining('it has no sidecar')]]);
  await expect(verify()).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
});

test('a sidecar whose file is gone is no backup', async () => {
  await take();
  await storage.remove(name);
  expect(await listed()).toEqual([]);
});
