import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FrameEntry } from '#core/backup/archive/table-of-contents.js';
import { openArchive, readManifestOnly } from '#core/backup/archive/reader.js';
import { runProgram } from '../../../../tests/fixtures/program.ts';
import { temporaryFolder } from '../../../../tests/fixtures/temporary-folder.ts';
import { tool } from '../../../../tests/fixtures/tools.ts';
import { memorySource, refusalOf, sampleManifest, withArchive, writeSample } from './sample.ts';

function label({ kind, table }: Pick<FrameEntry, 'kind' | 'table'>, index: number): string {
  return `-- lockstep ${kind} ${index + 1}${table === null ? '' : ` ${table}`}\n`;
}

const texts = async (frames: AsyncIterable<{ sql: Buffer }>): Promise<string[]> => {
  const found: string[] = [];
  for await (const frame of frames) found.push(frame.sql.toString());
  return found;
};

describe('an archive', () => {
  test('is read back as it was written', async () => {
    const { bytes, written, sql } = await writeSample();
    expect(written.size).toBe(bytes.length);
    await withArchive(bytes, async (archive) => {
      expect(archive.contents).toEqual(written.contents);
      expect(archive.manifest).toEqual(written.contents.manifest);
      expect(archive.size).toBe(bytes.length);
      expect(archive.name).toBe('sample.sql.zst');
      for (const [index, text] of sql.entries())
        expect((await archive.readFrame(index)).toString()).toBe(text.toString());
      await archive.verifyAll();
    });
  });

  test('carries notes, or none: older files have no such field', async () => {
    for (const notes of [{}, { notes: ['Taken from a replica'] }]) {
      const { bytes } = await writeSample({ manifest: notes });
      await withArchive(bytes, async (archive) => {
        expect(archive.manifest).toMatchObject(notes);
        expect('notes' in archive.manifest).toBe('notes' in notes);
      });
    }
  });

  test('tells rows and digests by table, sorted by name', async () => {
    const { written } = await writeSample();
    expect(written.contents.tables.map(({ name, rows }) => [name, rows])).toEqual([
      ['public.empty', 0],
      ['public.item', 1],
      ['public.shop', 3],
    ]);
  });

  test('gives its frames by kind and by table, in order', async () => {
    const { bytes, sql } = await writeSample();
    await withArchive(bytes, async (archive) => {
      expect(await texts(archive.frames())).toEqual(sql.map(String));
      expect(await texts(archive.frames('data'))).toEqual(sql.slice(2, 5).map(String));
      expect(await texts(archive.framesOf('public.shop'))).toEqual(sql.slice(2, 4).map(String));
      expect(await texts(archive.framesOf('public.empty'))).toEqual([]);
    });
  });

  test('may be left in the middle of its frames', async () => {
    const { bytes } = await writeSample();
    await withArchive(bytes, async (archive) => {
      for await (const { entry } of archive.frames()) {
        expect(entry.kind).toBe('head');
        break;
      }
    });
  });

  test('tells its manifest without the rest', async () => {
    const { bytes, written } = await writeSample();
    expect(await readManifestOnly(memorySource(bytes.subarray(0, 4096)))).toEqual(written.contents.manifest);
  });

  test('has the same content root as another of the same content, and another file root', async () => {
    const [first, second] = [await writeSample(), await writeSample()];
    expect(first.written.contents.contentRoot).toBe(second.written.contents.contentRoot);
    expect(first.written.contents.fileRoot).not.toBe(second.written.contents.fileRoot);
  });

  test('starts each frame with a label', async () => {
    const folder = await temporaryFolder();
    const tables = [{ name: 'public.a\n\\! rm x\r\u2028\u0085b', frames: [['1\ta']] }];
    const { bytes } = await writeSample({ tables });
    await writeFile(join(folder, 'a.sql.zst'), bytes);
    const { stdout } = await runProgram(tool('zstd'), ['-dc', join(folder, 'a.sql.zst')]);
    expect(stdout).toMatch(/^-- lockstep head 1\n/);
    expect(stdout).toContain('\n-- lockstep data 3 public.a?\\! rm x???b\nCOPY ');
    expect(await refusalOf(bytes)).toBeUndefined();
  });

  test('keeps any manifest', async () => {
    const record = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), { maxKeys: 5 });
    await fc.assert(
      fc.asyncProperty(record, record, fc.integer(), async (position, options, checksum) => {
        const [applied] = sampleManifest().applied;
        if (!applied) throw new Error('the sample has no history');
        const manifest = {
          position,
          options,
          applied: [{ ...applied, checksum, description: JSON.stringify(options) }],
        };
        const { bytes, written } = await writeSample({ manifest, tables: [] });
        const archive = await openArchive(memorySource(bytes));
        expect(archive.manifest).toEqual(written.contents.manifest);
        await archive.close();
      }),
      { numRuns: 30 },
    );
  });

  test('carries any rows, also those that look like parts of a file', async () => {
    const { bytes: whole } = await writeSample();
    const pieces = ['\\.', '-- lockstep tail 7', 'lockstep archive 1', whole.toString('latin1').replaceAll('\n', ' ')];
    const row = fc.oneof(
      fc.constantFrom(...pieces),
      fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', ' ')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(row, { maxLength: 5 }), { maxLength: 4 }), async (frames) => {
        const { bytes, sql } = await writeSample({ tables: [{ name: 'public.t', frames }] });
        await withArchive(bytes, async (archive) => {
          let index = 0;
          for await (const frame of archive.frames())
            expect(frame.sql.equals(sql[index++] ?? Buffer.alloc(0))).toBe(true);
          expect(index).toBe(sql.length);
        });
      }),
      { numRuns: 30 },
    );
  });
});

describe('the zstd command', () => {
  test('accepts an archive and prints its SQL', async () => {
    const folder = await temporaryFolder();
    const rows = Array.from({ length: 50_000 }, (_, index) => `${index}\tname ${index * 7919}`);
    const { bytes, sql, written } = await writeSample({
      tables: [{ name: 'public.shop', frames: [rows, rows, ['1\t']] }],
    });
    const file = join(folder, 'a.sql.zst');
    await writeFile(file, bytes);
    expect(await runProgram(tool('zstd'), ['-q', '-t', file])).toMatchObject({ code: 0, stderr: '' });
    const { stdout } = await runProgram(tool('zstd'), ['-q', '-dc', file]);
    const expected = written.contents.frames.map(
      (entry, index) => `${label(entry, index)}${sql[index]?.toString() ?? ''}`,
    );
    expect(stdout).toBe(expected.join(''));
    const { stdout: listed } = await runProgram(tool('zstd'), ['-lv', file]);
    expect(listed).toMatch(/Skippable Frames: 3/);
    expect(listed).toMatch(/Check: XXH64/);
    expect(listed).toContain(`Decompressed Size`);
  });
});
