import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { Archive } from '#core/backup/archive/archive.js';
import type { Codec } from '#core/backup/archive/codec.js';
import { packStored, unpackStored } from '#core/backup/archive/stored-frame.js';
import { wasmCodec } from '#core/backup/archive/zstd-wasm.js';
import { readHeader } from '#core/backup/archive/zstd-frame.js';
import { runProgram } from '../../../../tests/fixtures/program.ts';
import { temporaryFolder } from '../../../../tests/fixtures/temporary-folder.ts';
import { nodes, tool } from '../../../../tests/fixtures/tools.ts';
import { memorySource, sampleCodec, withArchive, writeSample } from './sample.ts';

const script = fileURLToPath(new URL('codec-check.mjs', import.meta.url));

const lying = (change: (content: Buffer) => Buffer): Codec => ({
  ...sampleCodec,
  decompress: async (...frame) => change(await sampleCodec.decompress(...frame)),
});

async function packFrame(codec: Codec, content: Buffer): Promise<Buffer> {
  return Buffer.concat(await codec.compress([content]));
}

/** How many threads of JavaScript this process has started and not ended. */
function threads(): number {
  const report: unknown = process.report.getReport();
  if (typeof report !== 'object' || report === null || !('workers' in report)) throw new Error('no report');
  return Array.isArray(report.workers) ? report.workers.length : 0;
}

/** Name, codec and path of each Node. */
const programs = [
  ['this', 'wasm', process.execPath] as const,
  ['this', 'native', process.execPath] as const,
  ...nodes.flatMap(([major, path]) =>
    ['builtin', 'native', 'wasm'].map((which): readonly [string, string, string] => [major, which, path]),
  ),
];

describe('the codec', () => {
  test('is closed before the process ends, whatever the threads were at', async () => {
    const program = fileURLToPath(new URL('close-threads.mjs', import.meta.url));
    expect(await runProgram(process.execPath, [program])).toMatchObject({ code: 0, stdout: 'closed', stderr: '' });
  });

  test.each<readonly [string, string, string]>(programs)(
    'of Node %s (%s) reads what this one wrote, and finds damage that SHA-256 does not stand before',
    async (_major, which, program) => {
      const folder = await temporaryFolder();
      const sample = join(folder, 'sample.sql.zst');
      const packed = join(folder, 'packed.zst');
      const rows = Array.from({ length: 20_000 }, (_, index) => `${index}\tname ${index}`);
      await writeFile(sample, (await writeSample({ tables: [{ name: 'public.t', frames: [rows, ['1\t']] }] })).bytes);

      const { stdout, stderr } = await runProgram(program, [script, which, sample, packed]);
      expect(stderr).toBe('');
      const found: unknown = JSON.parse(stdout);
      expect(found).toMatchObject({ same: [true, true, true, true, true], wrong: [] });
      expect(found).toHaveProperty('codec', which);
      const refused = typeof found === 'object' && found !== null && 'refused' in found ? Number(found.refused) : 0;
      expect(refused).toBeGreaterThan(150);

      // The stock tool finds sound frames with checksums, and the same content.
      expect(await runProgram(tool('zstd'), ['-q', '-t', packed])).toMatchObject({ code: 0, stderr: '' });
      const check = `"$0" -q -dc "$1" | sha256sum; "$0" -lv "$1"`;
      const listed = await runProgram('bash', ['-c', check, tool('zstd'), packed]);
      expect(found).toHaveProperty('sha256', listed.stdout.slice(0, 64));
      expect(listed.stdout).toMatch(/Zstandard Frames: 5\b/);
      expect(listed.stdout).toMatch(/Check: XXH64/);
    },
  );

  test('a decompressor that returns other bytes, or fewer, is found out', async () => {
    const { bytes, written } = await writeSample();
    const read = (codec: Codec): Promise<Buffer> =>
      new Archive(memorySource(bytes), written.contents, codec).readFrame(2);
    await expect(read(lying((content) => content))).resolves.toBeInstanceOf(Buffer);
    await expect(read(lying((content) => content.subarray(0, -1)))).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
    await expect(read(lying((content) => Buffer.from(content.toString().replace('one', 'two'))))).rejects.toThrow(
      'its content does not match its checksum',
    );
  });

  test('in WebAssembly works on many frames at once, and goes on after one that fails', async () => {
    const codec = wasmCodec();
    try {
      const contents = Array.from({ length: 20 }, (_, index) => Buffer.alloc(100_000 + index, `${index}`));
      const frames = await Promise.all(contents.map((content) => packFrame(codec, content)));
      await expect(codec.decompress(Buffer.from('nonsense'), 10, 10)).rejects.toThrow('cannot be decompressed');
      const back = await Promise.all(
        frames.map((frame, index) => codec.decompress(frame, 100_000 + index, 100_000 + index)),
      );
      for (const [index, content] of contents.entries()) expect(back[index]?.equals(content)).toBe(true);
    } finally {
      await codec.close();
    }
  });

  test('in WebAssembly replaces the threads that had large frames', async () => {
    const codec = wasmCodec();
    try {
      const content = Buffer.alloc(20_000_000, 'large ');
      for (let round = 0; round < 3; round++) {
        const frame = await packFrame(codec, content);
        expect((await codec.decompress(frame, content.length, content.length)).equals(content)).toBe(true);
      }
    } finally {
      await codec.close();
    }
  });

  test('in WebAssembly ends threads that have nothing to do, and starts others', async () => {
    const codec = wasmCodec();
    try {
      // Those of the tests before end too, when they have had nothing to do for a while.
      await vi.waitFor(() => expect(threads()).toBe(0), 30_000);
      await packFrame(codec, Buffer.from('first'));
      expect(threads()).toBeGreaterThan(0);
      await vi.waitFor(() => expect(threads()).toBe(0), 30_000);
      expect((await packFrame(codec, Buffer.from('second'))).length).toBeGreaterThan(0);
    } finally {
      await codec.close();
    }
  });

  test('that is closed rejects what is under way, and anything new', async () => {
    const codec = wasmCodec();
    const under = Promise.allSettled(Array.from({ length: 6 }, () => codec.compress([Buffer.alloc(3_000_000, 'x')])));
    await codec.close();
    for (const result of await under) expect(result.status).toBe('rejected');
    await expect(codec.compress([Buffer.from('x')])).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});

describe('a frame of raw blocks', () => {
  test.each([1, 131_071, 131_072, 131_073, 1_000_000])('of %i bytes is read by us and by zstd', async (size) => {
    const folder = await temporaryFolder();
    const content = [Buffer.from('-- lockstep data 1 t\n'), Buffer.alloc(size, 'raw ')];
    const frame = Buffer.concat(await packStored(content));
    const file = join(folder, 'raw.zst');
    await writeFile(file, frame);
    expect(await runProgram(tool('zstd'), ['-q', '-d', file, '-o', join(folder, 'raw')])).toMatchObject({ code: 0 });
    expect((await readFile(join(folder, 'raw'))).equals(Buffer.concat(content))).toBe(true);
    expect(readHeader(frame)).toMatchObject({ contentSize: size + 21, hasChecksum: true, window: 131_072 });
    expect(unpackStored(Buffer.from(frame), readHeader(frame)).equals(Buffer.concat(content))).toBe(true);
  });

  test('carries a row that is too large to be compressed', async () => {
    const folder = await temporaryFolder();
    const row = `1\t${'0123456789abcdef'.repeat(4.2 * 1024 * 1024)}`;
    const { bytes, sql, written } = await writeSample({ tables: [{ name: 'public.t', frames: [[row], ['2\t']] }] });
    expect(written.contents.frames[2]?.rawSize).toBeGreaterThan(64 * 1024 * 1024);
    expect(written.contents.frames[2]?.size).toBeGreaterThan(64 * 1024 * 1024);
    await withArchive(bytes, async (archive) => {
      expect((await archive.readFrame(2)).equals(sql[2] ?? Buffer.alloc(0))).toBe(true);
      await archive.verifyAll();
    });
    await writeFile(join(folder, 'a.zst'), bytes);
    const program = `"$0" -q -dc "$1" | sha256sum`;
    const { stdout } = await runProgram('bash', ['-c', program, tool('zstd'), join(folder, 'a.zst')]);
    const hash = createHash('sha256');
    for (const [index, { kind, table }] of written.contents.frames.entries()) {
      hash.update(`-- lockstep ${kind} ${index + 1}${table === null ? '' : ` ${table}`}\n`).update(sql[index] ?? '');
    }
    expect(stdout.slice(0, 64)).toBe(hash.digest('hex'));
    // A flipped bit in it is found like any other.
    bytes.writeUInt8(bytes.readUInt8(30_000_000) ^ 1, 30_000_000);
    await withArchive(bytes, async (archive) => {
      await expect(archive.readFrame(2)).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
    });
  });
});
