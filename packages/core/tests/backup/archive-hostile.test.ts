// Files that somebody made on purpose: every checksum is right, and what they say is not.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '#core/backup/archive/canonical-json.js';
import { contentsTitle } from '#core/backup/archive/contents-frame.js';
import { footerSize, packFooter } from '#core/backup/archive/footer.js';
import { packManifest } from '#core/backup/archive/manifest-frame.js';
import { readManifestOnly } from '#core/backup/archive/reader.js';
import { skippableFrame, skippableMagic } from '#core/backup/archive/skippable.js';
import type { TableOfContents } from '#core/backup/archive/table-of-contents.js';
import { contentRoot } from '#core/backup/content-root.js';
import { assemble, block, forgeContents, forgeFrames, rawFrame, summary, zstdFrame } from './forge.ts';
import { memorySource, refusalOf, sampleManifest, writeSample } from './sample.ts';

const label = '-- lockstep shape 2\n';
const content = `${label}SELECT 1;\n`;
const megabyte = 1024 * 1024;

test('what the forger makes of good parts is accepted', async () => {
  expect(await refusalOf(await forgeFrames([await rawFrame(content, {})]))).toBeUndefined();
});

describe('a frame', () => {
  const raw = Buffer.from(content);
  const good = block('raw', raw.length, raw);
  const contentSize = raw.length;
  const zeros = Buffer.alloc(1);

  /** Blocks that each give 128 KB of zeros. */
  const repeated = (count: number): Buffer[] =>
    Array.from({ length: count }, (_, index) => block('repeated', 128 * 1024, zeros, index === count - 1));

  test.each<[string, Buffer, number, string]>([
    ['that is no zstd frame', raw, contentSize, 'does not begin like a zstd frame'],
    ['that is a skippable frame', skippableFrame(skippableMagic.manifest, raw), contentSize, 'does not begin like'],
    ['of nothing', Buffer.alloc(0), 0, 'too short'],
    ['of a magic number', Buffer.from('28b52ffd', 'hex'), 0, 'too short'],
    ['with a cut header', Buffer.from('28b52ffd8438', 'hex'), 0, 'its header is cut'],
    [
      'that promises another length',
      zstdFrame({ contentSize: contentSize + 1, blocks: [good] }),
      contentSize,
      'another length',
    ],
    ['without its length', zstdFrame({ descriptor: 0x04, blocks: [good] }), contentSize, 'another length'],
    ['without a checksum', zstdFrame({ descriptor: 0x80, contentSize, blocks: [good] }), contentSize, 'no checksum'],
    ['with a wrong checksum', zstdFrame({ contentSize, blocks: [good] }), contentSize, 'decompressed|checksum'],
    ['with a dictionary', zstdFrame({ descriptor: 0x85, contentSize, blocks: [good] }), contentSize, 'dictionary'],
    ['with reserved bits', zstdFrame({ descriptor: 0x8c, contentSize, blocks: [good] }), contentSize, 'reserved bits'],
    [
      'that needs a window of 3 TB',
      zstdFrame({ window: 0xff, contentSize, blocks: [good] }),
      contentSize,
      'too much memory',
    ],
    ['that is cut in a block', zstdFrame({ contentSize, blocks: [good.subarray(0, 12)] }), contentSize, 'it is cut'],
    [
      'without a last block',
      zstdFrame({ contentSize, blocks: [block('raw', raw.length, raw, false)] }),
      contentSize,
      'it is cut',
    ],
    [
      'with a reserved block',
      zstdFrame({ contentSize, blocks: [block('reserved', raw.length, raw)] }),
      contentSize,
      'cannot be',
    ],
    [
      'with a block that is too long',
      zstdFrame({ contentSize: 200_000, blocks: [block('raw', 200_000, Buffer.alloc(200_000))] }),
      200_000,
      'cannot be',
    ],
    [
      'with something behind it',
      Buffer.concat([zstdFrame({ contentSize, blocks: [good] }), zeros]),
      contentSize,
      'bytes behind it',
    ],
    [
      'with garbage to decompress',
      zstdFrame({ contentSize, blocks: [block('compressed', raw.length, raw)] }),
      contentSize,
      'frame 2 of 3',
    ],
    ['with less than it promises', zstdFrame({ contentSize: 999, blocks: [good] }), 999, 'frame 2 of 3'],
    ['with more than it promises', zstdFrame({ contentSize, blocks: repeated(5) }), contentSize, 'frame 2 of 3'],
    [
      'with much more than it promises',
      zstdFrame({ contentSize: megabyte, blocks: repeated(4000) }),
      megabyte,
      'frame 2 of 3',
    ],
    [
      'that is large and compressed',
      zstdFrame({ contentSize: 65 * megabyte, blocks: repeated(520) }),
      65 * megabyte,
      'too large',
    ],
  ])('%s is refused', async (_, bytes, rawSize, reason) => {
    const error = await refusalOf(await forgeFrames([{ bytes, entry: { rawSize } }]));
    expect(error?.code).toBe('FILE_DAMAGED');
    expect(error?.message).toMatch(new RegExp(reason));
  });

  test('of two frames is refused', async () => {
    const { bytes } = await rawFrame(content, {});
    const both = Buffer.concat([bytes, bytes]);
    expect((await refusalOf(await forgeFrames([{ bytes: both, entry: { rawSize: contentSize } }])))?.message).toContain(
      'behind it',
    );
    expect(
      (await refusalOf(await forgeFrames([{ bytes: both, entry: { rawSize: 2 * contentSize } }])))?.message,
    ).toContain('another length');
  });

  test('with the label of another place is refused', async () => {
    for (const wrong of ['', '-- lockstep shape 3\n', '-- lockstep data 2\n', '-- lockstep shape 2']) {
      const error = await refusalOf(await forgeFrames([await rawFrame(`${wrong}SELECT 1;\n`, {})]));
      expect(error?.message).toContain('the label of another');
    }
  });

  test('of any bytes is refused, and harms nothing', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ maxLength: 200 }).map((blocks) => zstdFrame({ contentSize, blocks: [Buffer.from(blocks)] })),
      fc
        .uint8Array({ maxLength: 200 })
        .map((body) => zstdFrame({ contentSize, blocks: [block('compressed', body.length, Buffer.from(body))] })),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (frame) => {
        const error = await refusalOf(
          await forgeFrames([{ bytes: Buffer.from(frame), entry: { rawSize: contentSize } }]),
        );
        expect(error?.code).toBe('FILE_DAMAGED');
      }),
      { numRuns: 300 },
    );
  });
});

const counter = (name: string) => ({ name: { schema: 'public', name }, value: '1', called: false });

const data = (name: string, rows: number) =>
  rawFrame(`-- lockstep data 2 ${name}\n`, { kind: 'data', table: name, rows });

const contentsFrame = (payload: Buffer): Buffer => skippableFrame(skippableMagic.contents, payload);

describe('a table of contents', () => {
  const zeros = '0'.repeat(32);
  const table = (name: string, rows = 0, columns = ['id']) => ({
    name,
    schema: '',
    tableName: name,
    rows,
    digest: zeros,
    columns,
  });

  test.each<[string, Partial<TableOfContents>, string]>([
    ['with a wrong content root', { contentRoot: '00'.repeat(32) }, 'the content root is wrong'],
    ['with a wrong file root', { fileRoot: '00'.repeat(32) }, 'the file root is wrong'],
    ['with tables in another order', { tables: [table('b'), table('a')] }, 'the tables are not in order'],
    ['with a table twice', { tables: [table('a'), table('a')] }, 'the tables are not in order'],
    ['with columns in another order', { tables: [table('a', 0, ['b', 'a'])] }, 'the columns of a are not in order'],
    ['with a column twice', { tables: [table('a', 0, ['b', 'b'])] }, 'the columns of a are not in order'],
    ['with a table under two names', { tables: [table('a'), { ...table('b'), tableName: 'a' }] }, 'under two names'],
    ['with counters in another order', { counters: [counter('b'), counter('a')] }, 'the counters are not in order'],
    ['with rows that no frame has', { tables: [table('a', 3)] }, 'the frames have 0 rows of a, the table has 3'],
    ['without frames', { frames: [] }, 'there has to be one frame "head"'],
  ])('%s is refused', async (_, changes, reason) => {
    const error = await refusalOf(await forgeFrames([await rawFrame(content, {})], changes));
    expect(error?.code).toBe('FILE_DAMAGED');
    expect(error?.message).toContain(reason);
  });

  test('whose frames do not go together is refused', async () => {
    const shape = await rawFrame(content, {});
    const cases: [Awaited<ReturnType<typeof rawFrame>>[], string][] = [
      [[await rawFrame(content, { kind: 'rest' }), shape], 'frame 3 (shape) is out of order'],
      [[await rawFrame(content, { kind: 'head' })], 'one frame "head"'],
      [[await rawFrame(content, { kind: 'tail' })], 'one frame "tail"'],
      [[await rawFrame(content, { table: 'a' })], 'has a table and should not'],
      [[await rawFrame(content, { kind: 'data' })], 'has a table and should not'],
      [[await rawFrame(content, { rows: 1 })], 'has rows'],
      [[await data('a', 1)], 'rows of a, which is not among the tables'],
      [[await rawFrame(content, { offset: 1 })], 'frame 2 does not begin where the one before ends'],
      [[await rawFrame(content, { size: 1 })], 'frame 3 does not begin where the one before ends'],
      [[await rawFrame(content, { size: 1_000_000 })], 'frame 2 is too large'],
    ];
    for (const [frames, reason] of cases) {
      const error = await refusalOf(await forgeFrames(frames));
      expect(error?.code).toBe('FILE_DAMAGED');
      expect(error?.message).toContain(reason);
    }
    const tables = [table('a', 2)];
    expect((await refusalOf(await forgeFrames([await data('a', 1)], { tables })))?.message).toContain('1 rows of a');
    expect(await refusalOf(await forgeFrames([await data('a', 2)], { tables }))).toBeUndefined();
  });

  const tableLine = canonicalJson(table('a'));
  const { fingerprint, release } = sampleManifest();
  const sound = summary({ tables: 1, contentRoot: contentRoot({ fingerprint, release, tables: [table('a')] }) });

  test.each<[string, string[], string]>([
    ['without a title', [sound, tableLine], 'has no title'],
    ['with the title of another format', ['lockstep contents 9', sound], 'has no title'],
    ['that is empty', [], 'is cut'],
    ['without a summary', [contentsTitle], 'is cut'],
    ['with a line too few', [contentsTitle, sound], 'is cut'],
    ['with a line too many', [contentsTitle, sound, tableLine, tableLine], 'is too long'],
    ['with an empty line', [contentsTitle, sound, ''], 'not valid JSON'],
    ['with spaces', [contentsTitle, sound, tableLine.replace(':', ': ')], 'not in canonical form'],
    ['with spaces in the summary', [contentsTitle, sound.replace(':', ': '), tableLine], 'not in canonical form'],
    [
      'with another order of keys',
      [contentsTitle, sound, `{"name":"a",${tableLine.slice(1).replace('"name":"a",', '')}`],
      'not in canonical form',
    ],
    ['with a key too many', [contentsTitle, sound, tableLine.replace('}', ',"z":1}')], 'not in canonical form'],
    ['with a key twice', [contentsTitle, sound, tableLine.replace('{', '{"columns":[],')], 'not in canonical form'],
    ['with a key too few', [contentsTitle, sound, '{"name":"a"}'], '"schema" is missing'],
    [
      'with a key of the prototype',
      [contentsTitle, sound, '{"__proto__":{"name":"a","schema":""}}'],
      '"name" is missing',
    ],
    ['with a needless escape', [contentsTitle, sound, tableLine.replace('"a"', '"\\u0061"')], 'not in canonical form'],
    [
      'with a number in another form',
      [contentsTitle, sound, tableLine.replace('"rows":0', '"rows":0.0')],
      'not in canonical form',
    ],
    ['with a negative number', [contentsTitle, sound, tableLine.replace('"rows":0', '"rows":-1')], 'rows is not'],
    [
      'with a fraction',
      [contentsTitle, sound, tableLine.replace('"rows":0', '"rows":0.5')],
      'rows is not a whole number',
    ],
    [
      'with a number that is too large',
      [contentsTitle, sound, tableLine.replace('"rows":0', '"rows":9007199254740993')],
      'rows is not',
    ],
    [
      'with text for a number',
      [contentsTitle, sound, tableLine.replace('"rows":0', '"rows":"0"')],
      'rows is not a whole number',
    ],
    ['with too many tables', [contentsTitle, summary({ tables: 100_001 })], 'from 0 to 100000'],
    ['with a list for a summary', [contentsTitle, '[]'], 'not an object'],
    ['with null for a summary', [contentsTitle, 'null'], 'not an object'],
    ['that is very deep', [contentsTitle, '['.repeat(3 * megabyte)], 'not valid JSON'],
    ['that is very deep and closed', [contentsTitle, '['.repeat(megabyte) + ']'.repeat(megabyte)], 'not an object'],
    ['with a line that is too long', [contentsTitle, ' '.repeat(5 * megabyte)], 'a line that is too long'],
    [
      'with a manifest that is too large',
      [contentsTitle, summary({ manifest: sampleManifest({ phase: 'x'.repeat(300) }) })],
      'phase is not',
    ],
  ])('%s is refused', async (_, lines, reason) => {
    const error = await refusalOf(forgeContents(lines));
    expect(error?.code).toBe('FILE_DAMAGED');
    expect(error?.message).toContain(reason);
  });

  test('that does not end with a line end, or is not UTF-8, is refused', async () => {
    const manifest = packManifest(sampleManifest());
    const cut = await refusalOf(
      assemble([manifest], contentsFrame(Buffer.from(`${contentsTitle}\n${sound}\n${tableLine}`))),
    );
    expect(cut?.message).toContain('is cut');
    const lines = [`${contentsTitle}\n${sound}\n`, Buffer.from(`${tableLine.replace('"a"', '"ÿ"')}\n`, 'latin1')];
    const bytes = Buffer.concat(lines.map((line) => Buffer.from(line)));
    expect((await refusalOf(assemble([manifest], contentsFrame(bytes))))?.message).toContain('not valid UTF-8');
  });

  test('of another format is named as newer', async () => {
    const manifest = { ...sampleManifest(), format: 2 };
    const error = await refusalOf(forgeContents([contentsTitle, summary({ manifest })]));
    expect(error?.code).toBe('FORMAT_NEWER');
    expect(error?.message).toContain('has format 2. This Lockstep reads up to 1');
  });
});

describe('a footer', () => {
  test('of a newer format is named', async () => {
    const { bytes } = await writeSample();
    const newer = packFooter({ contentsOffset: 0, contentsSize: 0, contentsSha256: '00'.repeat(32), fileSize: 0 }, 2);
    const error = await refusalOf(Buffer.concat([bytes.subarray(0, -footerSize), newer]));
    expect(error?.code).toBe('FORMAT_NEWER');
  });

  test('that points elsewhere is refused', async () => {
    const { bytes } = await writeSample();
    const contentsSha256 = '00'.repeat(32);
    for (const [contentsOffset, contentsSize, fileSize] of [
      [0, bytes.length - footerSize, bytes.length],
      [100, bytes.length - footerSize - 100, bytes.length],
      [bytes.length, 0, bytes.length],
      [Number.MAX_SAFE_INTEGER, 0, bytes.length],
      [bytes.length - footerSize, 0, bytes.length],
      [0, bytes.length - footerSize, bytes.length + 1],
    ] as const) {
      const footer = packFooter({ contentsOffset, contentsSize, contentsSha256, fileSize });
      const error = await refusalOf(Buffer.concat([bytes.subarray(0, -footerSize), footer]));
      expect(error?.code).toBe('FILE_DAMAGED');
    }
  });
});

const open = (bytes: Buffer): Promise<unknown> => readManifestOnly(memorySource(bytes));

const manifestFrame = (text: string): Buffer => skippableFrame(skippableMagic.manifest, Buffer.from(text));

describe('the manifest alone', () => {
  test('is refused if it is not whole or not in canonical form', async () => {
    const manifest = packManifest(sampleManifest());
    expect(await open(manifest)).toEqual(expect.objectContaining({ product: 'shop' }));
    for (let length = 0; length < manifest.length; length++) {
      await expect(open(manifest.subarray(0, length))).rejects.toMatchObject({ name: 'LockstepError', exit: 3 });
    }
    const text = manifest.toString('utf8', 8);
    await expect(open(manifestFrame(text.replace('"shop"', ' "shop"')))).rejects.toMatchObject({
      code: 'FILE_DAMAGED',
    });
    await expect(open(manifestFrame(`${text}\n`))).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
    await expect(open(manifestFrame(text.replace('archive 1', 'archive 2')))).rejects.toMatchObject({
      code: 'FORMAT_NEWER',
    });
    await expect(open(manifestFrame(text.replace('archive 1', 'archive 0')))).rejects.toMatchObject({
      code: 'FILE_DAMAGED',
    });
    await expect(open(manifestFrame('lockstep archive 1\n'))).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
    await expect(open(manifestFrame('something else'))).rejects.toMatchObject({ code: 'FILE_FOREIGN' });
  });
});
