import { describe, expect, test, vi } from 'vitest';
import { ArchiveWriter } from '#core/backup/archive/writer.js';
import { OrderedQueue } from '#core/backup/archive/ordered-queue.js';
import type { Codec } from '#core/backup/archive/codec.js';
import { refusalOf, sampleCodec, sampleManifest } from './sample.ts';

const sql = Buffer.from('SELECT 1;\n');
const nothing = { tables: [], counters: [] };

function memorySink(): { readonly chunks: Buffer[]; write(chunk: Uint8Array): Promise<void> } {
  const chunks: Buffer[] = [];
  return {
    chunks,
    async write(chunk) {
      chunks.push(Buffer.from(chunk));
    },
  };
}

/** Finishes frames in the reverse of the order in which they begin, as far as it gets several of them. */
function backwardsCodec(): Codec & { readonly most: () => number } {
  let under = 0;
  let most = 0;
  return {
    ...sampleCodec,
    parallel: 4,
    most: () => most,
    async compress(pieces) {
      under += 1;
      most = Math.max(most, under);
      const frame = await sampleCodec.compress(pieces);
      const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
      await new Promise((done) => setTimeout(done, Math.max(0, 60 - size)));
      under -= 1;
      return frame;
    },
  };
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  const resolves: (() => void)[] = [];
  const promise = new Promise<void>((resolve) => resolves.push(resolve));
  return { promise, resolve: () => resolves[0]?.() };
}

describe('the writer', () => {
  test('writes frames in the order of the calls, however long each takes, and works on few at a time', async () => {
    const sink = memorySink();
    const codec = backwardsCodec();
    const writer = new ArchiveWriter(sink, codec);
    await writer.start(sampleManifest());
    const frames = Array.from({ length: 30 }, (_, index) => Buffer.from(`SELECT '${'x'.repeat(index)}';\n`));
    const calls = [
      writer.frame({ kind: 'head', sql }),
      ...frames.map((text) => writer.frame({ kind: 'rest', sql: text })),
      writer.frame({ kind: 'tail', sql }),
    ];
    await Promise.all(calls);
    const { contents } = await writer.finish(nothing);
    expect(contents.frames.map(({ rawSize }) => rawSize).slice(1, -1)).toEqual(
      frames.map((text, index) => text.length + `-- lockstep rest ${index + 2}\n`.length),
    );
    expect(codec.most()).toBeGreaterThan(1);
    expect(codec.most()).toBeLessThanOrEqual(codec.parallel + 2);
    expect(await refusalOf(Buffer.concat(sink.chunks))).toBeUndefined();
  });

  test('waits for a slow sink instead of gathering frames', async () => {
    const { promise: blocked, resolve: release } = withResolvers();
    let writes = 0;
    const sink = {
      async write(): Promise<void> {
        writes += 1;
        if (writes > 1) await blocked;
      },
    };
    const writer = new ArchiveWriter(sink, sampleCodec);
    await writer.start(sampleManifest());
    let accepted = 0;
    const calls = Array.from({ length: 8 }, async (_, index) => {
      await writer.frame({
        kind: index === 0 ? 'head' : index === 7 ? 'tail' : 'rest',
        sql: Buffer.alloc(10_000_000),
      });
      accepted += 1;
    });
    // 32 MB at most.
    await vi.waitFor(() => expect(accepted).toBe(3), 30_000);
    await new Promise((done) => setTimeout(done, 100));
    expect(accepted).toBe(3);
    release();
    await Promise.all(calls);
    expect((await writer.finish(nothing)).contents.frames.length).toBe(8);
  });

  test('passes on what the sink says, once and for all', async () => {
    let writes = 0;
    const sink = {
      async write(): Promise<void> {
        writes += 1;
        if (writes > 3) throw new Error('the disk is full');
      },
    };
    const writer = new ArchiveWriter(sink, sampleCodec);
    await writer.start(sampleManifest());
    const calls = Array.from({ length: 40 }, () => writer.frame({ kind: 'rest', sql }));
    const results = await Promise.allSettled(calls);
    expect(results.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(20);
    await expect(writer.frame({ kind: 'tail', sql })).rejects.toThrow('the disk is full');
    await expect(writer.finish(nothing)).rejects.toThrow('the disk is full');
    expect(writes).toBe(4);
  });

  test('passes on what the codec says', async () => {
    const codec = { ...sampleCodec, compress: () => Promise.reject(new Error('no memory')) };
    const writer = new ArchiveWriter(memorySink(), codec);
    await writer.start(sampleManifest());
    await writer.frame({ kind: 'head', sql });
    await expect(writer.finish(nothing)).rejects.toThrow('no memory');
  });

  test('refuses a row that no frame can hold', async () => {
    const writer = new ArchiveWriter(memorySink(), sampleCodec);
    await writer.start(sampleManifest());
    // Zeros that are never touched take no memory.
    const row = Buffer.alloc(1536 * 1024 * 1024);
    await expect(writer.frame({ kind: 'data', table: 'public.t', rows: 1, sql: row })).rejects.toMatchObject({
      code: 'ROW_TOO_LONG',
      details: { table: 'public.t' },
    });
  });

  test('ends while frames are under way', async () => {
    const writer = new ArchiveWriter(memorySink());
    await writer.start(sampleManifest());
    await writer.frame({ kind: 'head', sql: Buffer.alloc(4_000_000, 'x') });
    await writer.close();
  });

  const table = {
    name: 'public.t',
    schema: 'public',
    tableName: 't',
    rows: 1,
    digest: '0'.repeat(32),
    columns: ['id'],
  };

  test.each<[string, (writer: ArchiveWriter) => Promise<unknown>, string]>([
    ['without a start', async (writer) => writer.finish(nothing), 'has not been started'],
    [
      'without a tail',
      async (writer) => {
        await writer.start(sampleManifest());
        await writer.frame({ kind: 'head', sql });
        await writer.finish(nothing);
      },
      'one frame "tail"',
    ],
    [
      'with frames out of order',
      async (writer) => {
        await writer.start(sampleManifest());
        for (const kind of ['head', 'rest', 'shape', 'tail'] as const) await writer.frame({ kind, sql });
        await writer.finish(nothing);
      },
      'out of order',
    ],
    [
      'with fewer rows than the table has',
      async (writer) => {
        await writer.start(sampleManifest());
        for (const kind of ['head', 'tail'] as const) await writer.frame({ kind, sql });
        await writer.finish({ tables: [table], counters: [] });
      },
      'the frames have 0 rows of public.t, the table has 1',
    ],
    [
      'with a manifest that is too large',
      (writer) => writer.start(sampleManifest({ options: { a: 'x'.repeat(5_000_000) } })),
      'the manifest is too large',
    ],
  ])('refuses to finish a file %s', async (_, work, reason) => {
    const sink = memorySink();
    await expect(work(new ArchiveWriter(sink, sampleCodec))).rejects.toThrow(reason);
    expect(await refusalOf(Buffer.concat(sink.chunks))).toMatchObject({ exit: 3 });
  });
});

describe('a queue', () => {
  test('runs one task at a time if that is all it may hold', async () => {
    const queue = new OrderedQueue(1, 1);
    const log: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      await queue.push(
        1000,
        async () => log.push(`start ${name}`),
        async () => void log.push(`end ${name}`),
      );
    }
    await queue.drain();
    expect(log).toEqual(['start a', 'end a', 'start b', 'end b', 'start c', 'end c']);
  });
});
