// No damage to a file may go unnoticed, wherever it is.
import { beforeAll, describe, expect, test } from 'vitest';
import { footerSize } from '#core/backup/archive/footer.js';
import type { Sample } from './sample.ts';
import { refusalOf, writeSample } from './sample.ts';

let sample: Sample;
let other: Sample;

beforeAll(async () => {
  sample = await writeSample();
  other = await writeSample();
});

const refused = ['FILE_DAMAGED', 'FILE_FOREIGN'];

/** The frames of a file, and what stands before and behind them. */
function partsOf({ bytes, written }: Sample): { head: Buffer; frames: Buffer[]; contents: Buffer; footer: Buffer } {
  const { frames } = written.contents;
  const [first, last] = [frames[0], frames.at(-1)];
  if (!first || !last) throw new Error('the sample has no frames');
  return {
    head: bytes.subarray(0, first.offset),
    frames: frames.map(({ offset, size }) => bytes.subarray(offset, offset + size)),
    contents: bytes.subarray(last.offset + last.size, bytes.length - footerSize),
    footer: bytes.subarray(bytes.length - footerSize),
  };
}

test('the sample is sound', async () => {
  expect(await refusalOf(sample.bytes)).toBeUndefined();
  expect(await refusalOf(other.bytes)).toBeUndefined();
});

test('every flipped bit is found', async () => {
  const accepted: string[] = [];
  for (let at = 0; at < sample.bytes.length; at++) {
    // Every bit of manifest and footer; one bit of each byte elsewhere, the next one in each.
    const edge = at < partsOf(sample).head.length || at >= sample.bytes.length - footerSize;
    for (const bit of edge ? [0, 1, 2, 3, 4, 5, 6, 7] : [at % 8]) {
      const damaged = Buffer.from(sample.bytes);
      damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << bit), at);
      const error = await refusalOf(damaged);
      if (!error || !refused.includes(error.code))
        accepted.push(`byte ${at}, bit ${bit}: ${error?.code ?? 'accepted'}`);
    }
  }
  expect(accepted).toEqual([]);
});

test('every cut is found, and every byte too many', async () => {
  const accepted: number[] = [];
  for (let length = 0; length < sample.bytes.length; length++) {
    const error = await refusalOf(sample.bytes.subarray(0, length));
    if (!error || !refused.includes(error.code)) accepted.push(length);
    const tail = await refusalOf(sample.bytes.subarray(sample.bytes.length - length));
    if (!tail || !refused.includes(tail.code)) accepted.push(-length);
  }
  expect(accepted).toEqual([]);
  for (const extra of [Buffer.alloc(1), Buffer.alloc(footerSize), sample.bytes, sample.bytes.subarray(-footerSize)]) {
    expect((await refusalOf(Buffer.concat([sample.bytes, extra])))?.code).toBe('FILE_DAMAGED');
    expect(refused).toContain((await refusalOf(Buffer.concat([extra, sample.bytes])))?.code);
  }
});

const build = (change: (frames: Buffer[]) => Buffer[], from = sample): Buffer => {
  const { head, frames, contents, footer } = partsOf(from);
  return Buffer.concat([head, ...change(frames), contents, footer]);
};

const expectDamaged = async (bytes: Buffer): Promise<void> => {
  expect((await refusalOf(bytes))?.code).toBe('FILE_DAMAGED');
};

const twoFrames = (first: string): string[][] => [[`1\t${first}`], ['2\tb']];

const oneRow = (name: string): { name: string; frames: string[][] }[] => [
  { name: 'public.t', frames: [[`1\t${name}`]] },
];

describe('frames', () => {
  test('put together again unchanged are sound', async () => {
    expect(await refusalOf(build((frames) => frames))).toBeUndefined();
  });

  test('dropped, doubled or added are found', async () => {
    const { length } = partsOf(sample).frames;
    for (let index = 0; index < length; index++) {
      await expectDamaged(build((frames) => frames.toSpliced(index, 1)));
      await expectDamaged(build((frames) => frames.toSpliced(index, 0, ...frames.slice(index, index + 1))));
    }
  });

  test('in another order are found', async () => {
    const { length } = partsOf(sample).frames;
    for (let index = 1; index < length; index++) {
      await expectDamaged(
        build((frames) => frames.toSpliced(index - 1, 2, ...frames.slice(index - 1, index + 1).toReversed())),
      );
    }
  });

  test('of the same size in another order are found', async () => {
    const same = await writeSample({ tables: [{ name: 'public.t', frames: twoFrames('a') }] });
    expect(
      new Set(
        partsOf(same)
          .frames.slice(2, 4)
          .map((frame) => frame.length),
      ).size,
    ).toBe(1);
    await expectDamaged(build((frames) => frames.toSpliced(2, 2, ...frames.slice(2, 4).toReversed()), same));
  });

  test('from another backup are found', async () => {
    const [mine, yours] = [await writeSample({ tables: oneRow('a') }), await writeSample({ tables: oneRow('b') })];
    const foreign = partsOf(yours).frames[2];
    if (!foreign) throw new Error('no frame');
    expect(foreign.length).toBe(partsOf(mine).frames[2]?.length);
    await expectDamaged(build((frames) => frames.toSpliced(2, 1, foreign), mine));
  });

  test('with the manifest, the table of contents or the footer of another backup are found', async () => {
    const [mine, yours] = [partsOf(sample), partsOf(other)];
    expect(mine.head.length).toBe(yours.head.length);
    await expectDamaged(Buffer.concat([yours.head, ...mine.frames, mine.contents, mine.footer]));
    await expectDamaged(Buffer.concat([mine.head, ...mine.frames, yours.contents, mine.footer]));
    await expectDamaged(Buffer.concat([mine.head, ...mine.frames, mine.contents, yours.footer]));
    // Frames do not say what backup they are of: these two have the same.
    await expectDamaged(Buffer.concat([mine.head, ...mine.frames, yours.contents, yours.footer]));
  });
});

test.each([
  ['an empty file', Buffer.alloc(0), 'it is empty'],
  ['SQL text', Buffer.from('-- PostgreSQL database dump\n'), 'it looks like SQL text'],
  ['the SQL of a backup', Buffer.from('-- lockstep head 1\nSET x = 1;\n'), 'it is the SQL of a backup'],
  ['another zstd file', Buffer.from('28b52ffd2000010000', 'hex'), 'compressed with zstd, but has no manifest'],
  ['a gzip file', Buffer.from('1f8b08', 'hex'), 'compressed with gzip'],
  ['an encrypted file', Buffer.from('age-encryption.org/v1\n-> X25519'), 'decrypted first'],
  ['a dump of pg_dump', Buffer.from('PGDMP...'), 'custom format of pg_dump'],
  ['zeros', Buffer.alloc(5000), 'does not begin with a manifest'],
])('%s is foreign, and the refusal says why', async (_, bytes, reason) => {
  const error = await refusalOf(bytes);
  expect(error?.code).toBe('FILE_FOREIGN');
  expect(error?.message).toContain(reason);
});
