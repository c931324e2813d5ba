import { createHash } from 'node:crypto';
import {
  Decrypter,
  Encrypter,
  generateHybridIdentity,
  generateX25519Identity,
  identityToRecipient,
} from 'age-encryption';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { decrypted } from '#core/encryption/decrypting-source.js';
import { passphraseIdentity, passphraseRecipient } from '#core/encryption/keys.js';
import { chunkSize, sealedSize } from '#core/encryption/payload.js';
import { memorySource } from '../backup/sample.ts';
import { content, counting, decryptAll, encrypt } from './memory.ts';

let identity: string;
let recipient: string;

beforeAll(async () => {
  identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
});

const sizes = [0, 1, chunkSize - 1, chunkSize, chunkSize + 1, 2 * chunkSize, 40 * chunkSize + 7];

test.each(sizes)('%i bytes are what the library reads and writes too', async (size) => {
  const plain = content(size);
  const { bytes, size: written, sha256 } = await encrypt([plain], [recipient]);
  expect(written).toBe(bytes.length);
  expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  expect(plain.equals(await decrypter.decrypt(bytes))).toBe(true);

  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const theirs = Buffer.from(await encrypter.encrypt(plain));
  expect(plain.equals(await decryptAll(theirs, [identity]))).toBe(true);
});

test('pieces of any length come out as one', async () => {
  const lengths = fc.array(fc.oneof(fc.nat(200), fc.nat(3 * chunkSize), fc.constant(chunkSize)), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(lengths, async (pieces) => {
      const plain = content(pieces.reduce((sum, length) => sum + length, 0));
      let at = 0;
      const cut = pieces.map((length) => plain.subarray(at, (at += length)));
      const { bytes } = await encrypt(cut, [recipient]);
      expect(plain.equals(await decryptAll(bytes, [identity]))).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('any range can be read, side by side, and gives the bytes that stand there', async () => {
  const plain = content(70 * chunkSize + 1234);
  const { bytes } = await encrypt([plain], [recipient]);
  const source = await decrypted(memorySource(bytes), [identity]);
  expect(source.size).toBe(plain.length);
  const ranges = fc.array(fc.tuple(fc.nat(plain.length), fc.oneof(fc.nat(300), fc.nat(plain.length))), {
    minLength: 1,
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(ranges, async (wanted) => {
      const reads = wanted.map(async ([offset, most]) => {
        const length = Math.min(most, plain.length - offset);
        const found = await source.read(offset, length);
        return found.equals(plain.subarray(offset, offset + length));
      });
      expect(await Promise.all(reads)).not.toContain(false);
    }),
    { numRuns: 200 },
  );
  await expect(source.read(plain.length, 1)).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
});

test('neighbouring reads side by side fetch each chunk once', async () => {
  const plain = content(40 * chunkSize);
  const { bytes } = await encrypt([plain], [recipient]);
  const file = counting(memorySource(bytes));
  const source = await decrypted(file, [identity]);
  file.reads.length = 0;
  const step = 100_000;
  const reads = [];
  for (let at = 0; at < plain.length; at += step) reads.push(source.read(at, Math.min(step, plain.length - at)));
  expect(plain.equals(Buffer.concat(await Promise.all(reads)))).toBe(true);
  const fetched = file.reads.reduce((sum, { length }) => sum + length, 0);
  // All but the last chunk, which was read and kept when the file was opened.
  expect(fetched).toBe(39 * sealedSize);
});

test('a read that fails is tried again by the next one', async () => {
  const plain = content(3 * chunkSize);
  const { bytes } = await encrypt([plain], [recipient]);
  const file = memorySource(bytes);
  let broken = false;
  const source = await decrypted(
    {
      ...file,
      read: (offset, length) => (broken ? Promise.reject(new Error('the line is cut')) : file.read(offset, length)),
    },
    [identity],
  );
  broken = true;
  const both = await Promise.allSettled([source.read(10, 10), source.read(20, 10)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  broken = false;
  expect(plain.subarray(10, 20).equals(await source.read(10, 10))).toBe(true);
});

test('several recipients, an old and a post-quantum key among them, open the same file', async () => {
  const second = await generateX25519Identity();
  const hybrid = await generateHybridIdentity();
  const recipients = [recipient, await identityToRecipient(second), await identityToRecipient(hybrid)];
  const { bytes } = await encrypt([Buffer.from('text')], recipients);
  const stranger = await generateX25519Identity();
  for (const one of [identity, second, hybrid]) {
    expect((await decryptAll(bytes, [stranger, one])).toString()).toBe('text');
  }
  await expect(decryptAll(bytes, [stranger])).rejects.toMatchObject({
    code: 'KEY_WRONG',
    details: { needed: '3 recipients', found: '1' },
  });
  await expect(decryptAll(bytes, [])).rejects.toMatchObject({
    code: 'FILE_ENCRYPTED',
    details: { needed: '3 recipients' },
  });
});

test('a passphrase is the same as the library makes of it', async () => {
  const { bytes } = await encrypt([Buffer.from('text')], [passphraseRecipient('correct horse', 10)]);
  const decrypter = new Decrypter();
  decrypter.addPassphrase('correct horse');
  expect(await decrypter.decrypt(bytes, 'text')).toBe('text');
  await expect(decryptAll(bytes, [passphraseIdentity('wrong horse'), identity])).rejects.toMatchObject({
    code: 'KEY_WRONG',
    details: { needed: 'a passphrase' },
  });
  await expect(decryptAll(bytes, [])).rejects.toMatchObject({
    code: 'FILE_ENCRYPTED',
    details: { needed: 'a passphrase' },
  });

  const encrypter = new Encrypter();
  encrypter.setPassphrase('correct horse');
  encrypter.setScryptWorkFactor(10);
  const theirs = Buffer.from(await encrypter.encrypt('theirs'));
  expect((await decryptAll(theirs, [passphraseIdentity('correct horse')])).toString()).toBe('theirs');

  const costly = await encrypt([Buffer.from('text')], [passphraseRecipient('correct horse')]);
  expect(costly.bytes.toString('latin1')).toMatch(/^age-encryption\.org\/v1\n-> scrypt \S{22} 18\n/);
  const dearer = Buffer.from(costly.bytes.toString('latin1').replace(/ 18\n/, ' 19\n'), 'latin1');
  await expect(decryptAll(dearer, [passphraseIdentity('correct horse')])).rejects.toMatchObject({
    code: 'FILE_DAMAGED',
    message: expect.stringContaining('19 is more than 18'),
  });
});
