// No file, whatever it says, may take more than 256 MB to refuse, beyond the content of the one frame that is read.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { contentsTitle } from '#core/backup/archive/contents-frame.js';
import { maxContents } from '#core/backup/archive/limits.js';
import { runProgram } from '../../../../tests/fixtures/program.ts';
import { temporaryFolder } from '../../../../tests/fixtures/temporary-folder.ts';
import { block, forgeContents, forgeFrames, summary, zstdFrame } from './forge.ts';
import { sampleManifest } from './sample.ts';

const script = fileURLToPath(new URL('open-and-report.mjs', import.meta.url));
const megabyte = 1024 * 1024;
/** Just below the limit. */
const most = maxContents - 10_000;

/** Lines until the table of contents has its full length. */
function fill(line: (index: number) => string, limit: number): string[] {
  const lines: string[] = [];
  for (let size = 0; lines.length < limit;) {
    const next = line(lines.length);
    size += Buffer.byteLength(next) + 1;
    if (size > most) break;
    lines.push(next);
  }
  return lines;
}

const frame = (index: number): string =>
  `{"kind":"data","offset":${index},"rawSize":1,"rows":0,"sha256":"${index.toString(16).padStart(64, '0')}","size":1,"table":"a"}`;

/** Short columns, in order. */
const columns = JSON.stringify(Array.from({ length: 20 }, (_, index) => String.fromCharCode(0x30 + index, 0x41)));
const table = (index: number): string =>
  `{"columns":${columns},"digest":"${index.toString(16).padStart(32, '0')}","name":"${index.toString(36).padStart(470, '0')}","rows":0,"schema":"","tableName":"${index}"}`;

const files: readonly [string, () => Buffer | Promise<Buffer>][] = [
  [
    'frames without end',
    () => {
      const lines = fill(frame, 1_000_000);
      return forgeContents([contentsTitle, summary({ frames: lines.length }), ...lines]);
    },
  ],
  [
    'tables without end',
    () => {
      const lines = fill(table, 100_000);
      return forgeContents([contentsTitle, summary({ tables: lines.length }), ...lines]);
    },
  ],
  [
    'a manifest of empty objects',
    () => {
      const applied = Array.from({ length: 1_390_000 }, () => ({}));
      return forgeContents([contentsTitle, summary({ manifest: { ...sampleManifest(), applied } })]);
    },
  ],
  ['a line without end', () => forgeContents([contentsTitle, ' '.repeat(most)])],
  [
    'frames that grow',
    () => {
      // 64 MB each, of 2 kB in the file.
      const bytes = zstdFrame({
        contentSize: 64 * megabyte,
        blocks: Array.from({ length: 512 }, (_, index) =>
          block('repeated', 128 * 1024, Buffer.alloc(1), index === 511),
        ),
      });
      return forgeFrames(Array.from({ length: 12 }, () => ({ bytes, entry: { rawSize: 64 * megabyte } })));
    },
  ],
  [
    'a frame that promises too much',
    () => {
      const bytes = zstdFrame({ contentSize: 1_400 * megabyte, blocks: [block('raw', 10, Buffer.alloc(10))] });
      return forgeFrames([{ bytes, entry: { rawSize: 1_400 * megabyte } }]);
    },
  ],
];

test.each(files)(
  '%s',
  async (_, forge) => {
    const folder = await temporaryFolder();
    const file = join(folder, 'hostile.sql.zst');
    await writeFile(file, await forge());
    const { stdout, stderr } = await runProgram(process.execPath, [script, file]);
    expect(stderr).toBe('');
    const found: unknown = JSON.parse(stdout);
    expect(found).toMatchObject({ refusal: expect.stringMatching(/^FILE_DAMAGED/) });
    const megabytes = typeof found === 'object' && found !== null && 'megabytes' in found ? found.megabytes : undefined;
    expect(megabytes).toBeLessThan(256);
  },
  120_000,
);
