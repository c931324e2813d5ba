import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { expect, test } from 'vitest';
import { openArchive } from '#core/backup/archive/reader.js';
import { decrypted } from '#core/encryption/decrypting-source.js';
import { chunkSize, sealedSize } from '#core/encryption/payload.js';
import { memorySource, sampleCodec, writeSample } from '../backup/sample.ts';
import { counting, encrypt } from './memory.ts';

/** Rows that do not compress: a frame of some 250 kB. */
function rows(seed: number): string[] {
  let state = seed;
  return Array.from({ length: 300 }, (_, id) => {
    const words = Array.from({ length: 100 }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state.toString(36);
    });
    return `${id}\t${words.join('')}`;
  });
}

test('one table of many is read out of an encrypted archive by its own chunks', async () => {
  const tables = Array.from({ length: 30 }, (_, index) => ({
    name: `public.t${String(index).padStart(2, '0')}`,
    frames: [rows(2 * index + 1), rows(2 * index + 2)],
  }));
  const { bytes, written } = await writeSample({ tables });
  const identity = await generateX25519Identity();
  const file = counting(memorySource((await encrypt([bytes], [await identityToRecipient(identity)])).bytes));
  const fetched = (): number => file.reads.reduce((sum, { length }) => sum + length, 0);

  const archive = await openArchive(await decrypted(file, [identity]), sampleCodec);
  const { frames, tables: found } = written.contents;
  expect(found).toHaveLength(30);
  const opening = fetched();
  // The header with room to spare, the chunk of the manifest, and those of the table of contents and the footer.
  expect(opening).toBeLessThan(5 * sealedSize);

  const own = frames.filter(({ table }) => table === 'public.t17');
  const size = own.reduce((sum, frame) => sum + frame.size, 0);
  expect(size).toBeGreaterThan(3 * chunkSize);
  let read = 0;
  for await (const { sql } of archive.framesOf('public.t17')) read += sql.length;
  expect(read).toBeGreaterThan(size);
  // The chunks at both ends hold something else too; the one between the two frames is fetched once.
  expect(fetched() - opening).toBeLessThanOrEqual(size + 2 * sealedSize);
  expect(bytes.length).toBeGreaterThan(20 * size);
  await archive.close();
});
