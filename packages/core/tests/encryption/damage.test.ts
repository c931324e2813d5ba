// No damage to an encrypted backup may go unnoticed, wherever it is.
import { Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { Identity } from 'age-encryption';
import { beforeAll, expect, test } from 'vitest';
import { decrypted } from '#core/encryption/decrypting-source.js';
import { findHeader } from '#core/encryption/header.js';
import { chunkSize, payloadNonceSize, sealedSize } from '#core/encryption/payload.js';
import { openArchive } from '#core/backup/archive/reader.js';
import { LockstepError } from '#core/errors.js';
import { memorySource, sampleCodec, writeSample } from '../backup/sample.ts';
import { content, encrypt, refusalOf } from './memory.ts';

let identity: string;
let recipient: string;
let file: Buffer;
let headerSize: number;
/** Opens the file as fast as the header's MAC can be checked. */
let quick: Identity;

beforeAll(async () => {
  identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
  const { bytes } = await writeSample({ tables: [{ name: 'public.t', frames: [['1\tone']] }] });
  file = (await encrypt([bytes], [recipient])).bytes;
  const header = await findHeader(memorySource(file));
  headerSize = header?.bytes.length ?? 0;
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const fileKey = await decrypter.decryptHeader(file.subarray(0, headerSize));
  quick = { unwrapFileKey: () => fileKey };
});

/** Opens the archive inside and reads every frame. */
async function archiveRefusal(bytes: Buffer, identities: readonly (string | Identity)[]): Promise<string | undefined> {
  try {
    const source = await decrypted(memorySource(bytes), identities);
    await (await openArchive(source, sampleCodec)).verifyAll();
    return undefined;
  } catch (error) {
    if (error instanceof LockstepError) return error.code;
    throw error;
  }
}

const flipped = (bytes: Buffer, at: number, bit: number): Buffer => {
  const damaged = Buffer.from(bytes);
  damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << bit), at);
  return damaged;
};

test('every flipped bit of an encrypted archive is found', async () => {
  expect(await archiveRefusal(file, [identity])).toBeUndefined();
  expect(await archiveRefusal(file, [quick])).toBeUndefined();
  const accepted: string[] = [];
  let tried = 0;
  for (let at = 0; at < file.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      // In the header the real key is used: what it opens has to be damaged too.
      const code = await archiveRefusal(flipped(file, at, bit), [at < headerSize ? identity : quick]);
      tried += 1;
      if (!['FILE_DAMAGED', 'FILE_FOREIGN', 'KEY_WRONG'].includes(code ?? '')) accepted.push(`${at}.${bit}: ${code}`);
      if (at >= headerSize && code !== 'FILE_DAMAGED') accepted.push(`${at}.${bit}: ${code}`);
    }
  }
  expect(accepted).toEqual([]);
  expect(tried).toBeGreaterThan(10_000);
});

test('every cut is found, and every byte too many', async () => {
  const accepted: number[] = [];
  for (let length = 0; length < file.length; length++) {
    if ((await archiveRefusal(file.subarray(0, length), [quick])) === undefined) accepted.push(length);
  }
  expect(accepted).toEqual([]);
  for (const extra of [Buffer.alloc(1), Buffer.alloc(16), Buffer.alloc(sealedSize), file]) {
    expect(await archiveRefusal(Buffer.concat([file, extra]), [quick])).toBe('FILE_DAMAGED');
  }
});

test('chunks that are cut off, swapped, doubled or from another file are found', async () => {
  const long = (await encrypt([content(5 * chunkSize + 100)], [recipient])).bytes;
  const other = (await encrypt([content(5 * chunkSize + 100)], [recipient])).bytes;
  const begin = headerSize + payloadNonceSize;
  const chunksOf = (bytes: Buffer): Buffer[] =>
    [0, 1, 2, 3, 4, 5].map((index) => bytes.subarray(begin + index * sealedSize, begin + (index + 1) * sealedSize));
  const build = (chunks: readonly Buffer[]): Buffer => Buffer.concat([long.subarray(0, begin), ...chunks]);
  const chunks = chunksOf(long);
  const empty = Buffer.alloc(0);
  expect(await refusalOf(build(chunks), [identity])).toBeUndefined();
  for (let index = 0; index < 6; index++) {
    const [one = empty, next = empty] = chunks.slice(index, index + 2);
    const [foreign = empty] = chunksOf(other).slice(index);
    const damaged = [
      chunks.slice(0, index),
      chunks.toSpliced(index, 1),
      chunks.toSpliced(index, 0, one),
      chunks.toSpliced(index, 1, foreign),
      ...(next.length > 0 ? [chunks.toSpliced(index, 2, next, one)] : []),
    ];
    for (const wrong of damaged) expect(await refusalOf(build(wrong), [identity])).toBe('FILE_DAMAGED');
  }
});

test('a file that was cut between two chunks is refused before anything is read of it', async () => {
  const long = (await encrypt([content(3 * chunkSize)], [recipient])).bytes;
  const cut = long.subarray(0, headerSize + payloadNonceSize + 2 * sealedSize);
  await expect(decrypted(memorySource(cut), [identity])).rejects.toMatchObject({
    code: 'FILE_DAMAGED',
    message: expect.stringContaining('it was cut'),
  });
});

test('a chunk without content at the end, which age does not write, is refused', async () => {
  const long = (await encrypt([content(chunkSize)], [recipient])).bytes;
  expect(await refusalOf(Buffer.concat([long, Buffer.alloc(16)]), [identity])).toBe('FILE_DAMAGED');
});

test('another key is refused', async () => {
  expect(await archiveRefusal(file, [await generateX25519Identity()])).toBe('KEY_WRONG');
});
