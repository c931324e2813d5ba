// Small archives in memory, and what is needed to take them apart.
import { randomUUID } from 'node:crypto';
import type { Archive } from '#core/backup/archive/archive.js';
import type { Codec } from '#core/backup/archive/codec.js';
import type { Manifest } from '#core/backup/archive/manifest.js';
import { openArchive } from '#core/backup/archive/reader.js';
import type { FrameKind } from '#core/backup/archive/table-of-contents.js';
import type { WrittenArchive } from '#core/backup/archive/writer.js';
import { ArchiveWriter } from '#core/backup/archive/writer.js';
import { TableDigest } from '#core/backup/digest.js';
import { LockstepError } from '#core/errors.js';
import { openCodec } from '#core/backup/archive/zstd.js';
import type { Source } from '#core/storage/storage.js';
import { atEnd } from '../../../../tests/fixtures/cleanup.ts';

export function sampleManifest(changes: Partial<Manifest> = {}): Manifest {
  return {
    format: 1,
    id: randomUUID(),
    product: 'shop',
    release: '1.2.0',
    applied: [
      {
        rank: 1,
        version: '1.2.0.1',
        description: 'first — with “quotes”',
        type: 'SQL',
        script: 'V1.2.0.1__first.sql',
        checksum: -279_898_995,
        installedBy: 'shop',
        installedOn: '2026-11-22 11:30:25.123456',
        executionTime: 12,
        success: true,
      },
    ],
    steps: [
      {
        migration: '1.2.0.1',
        statement: 1,
        checksum: null,
        line: 3,
        status: 'done',
        facts: '{}',
        actor: 'shop@host',
        message: null,
        startedAt: '2026-11-22T11:30:25.123456Z',
        finishedAt: null,
      },
    ],
    seed: [{ name: 'public.shop', rows: 1, digest: '0'.repeat(32) }],
    appliedHash: 'aa'.repeat(32),
    seal: null,
    fingerprint: 'bb'.repeat(32),
    drifted: false,
    phase: 'ready',
    keyFingerprint: null,
    engine: { family: 'postgres', name: 'Postgres', version: '15.18' },
    tool: { name: 'lockstep', version: '0.1.0' },
    takenAt: '2026-11-22T11:30:25.123456Z',
    position: { lsn: '0/16B3748' },
    schemas: ['public'],
    options: { note: 'none' },
    ...changes,
  };
}

export interface SampleTable {
  readonly name: string;
  /** Each has one frame of rows. */
  readonly frames: readonly (readonly string[])[];
}

const twoTables: readonly SampleTable[] = [
  { name: 'public.shop', frames: [['1\tone', '2\ttwo'], ['3\tthree']] },
  { name: 'public.empty', frames: [] },
  { name: 'public.item', frames: [['\\N\ta\\tb']] },
];

export interface Sample {
  readonly bytes: Buffer;
  readonly written: WrittenArchive;
  /** The SQL of the frames as it was handed over. */
  readonly sql: readonly Buffer[];
}

export interface SampleOptions {
  readonly manifest?: Partial<Manifest>;
  readonly tables?: readonly SampleTable[];
  readonly codec?: Codec;
}

/** Writes an archive of a few tables with two columns, `id` and `name`. */
export async function writeSample({
  manifest = {},
  tables = twoTables,
  codec = sampleCodec,
}: SampleOptions = {}): Promise<Sample> {
  const chunks: Buffer[] = [];
  const sink = {
    write: (chunk: Uint8Array): Promise<void> => {
      chunks.push(Buffer.from(chunk));
      return Promise.resolve();
    },
  };
  const writer = new ArchiveWriter(sink, codec);
  const sql: Buffer[] = [];
  const frame = async (kind: FrameKind, text: string, rows?: { readonly table: string; readonly rows: number }) => {
    sql.push(Buffer.from(text));
    await writer.frame({ kind, sql: Buffer.from(text), ...rows });
  };
  try {
    await writer.start(sampleManifest(manifest));
    await frame('head', "UPDATE lockstep_state SET phase = 'restoring';\n");
    await frame('shape', 'CREATE TABLE public.shop (id int, name text);\n');
    for (const { name, frames } of tables) {
      for (const rows of frames) {
        await frame(
          'data',
          (manifest.engine?.family ?? 'postgres') === 'postgres' ? copy(name, rows) : insert(name, rows),
          { table: name, rows: rows.length },
        );
      }
    }
    await frame('counters', "SELECT setval('public.shop_id_seq', 3, true);\n");
    await frame('rest', 'CREATE INDEX ON public.shop (name);\n');
    await frame('state', '');
    await frame('tail', "UPDATE lockstep_state SET phase = 'ready';\n");
    const results = tables.map(({ name, frames }) => {
      const digest = new TableDigest();
      for (const row of frames.flat()) digest.add(Buffer.from(`${row}\n`));
      const [tableName = '', schema = ''] = name.split('.').toReversed();
      return { name, schema, tableName, ...digest.result(), columns: ['id', 'name'] };
    });
    const counters = [{ name: { schema: 'public', name: 'shop_id_seq' }, value: '3', called: true }];
    const written = await writer.finish({ tables: results, counters });
    return { bytes: Buffer.concat(chunks), written, sql };
  } finally {
    await writer.close();
  }
}

function copy(name: string, rows: readonly string[]): string {
  const quoted = name.split('.').map((part) => `"${part}"`);
  return `COPY ${quoted.join('.')} ("id", "name") FROM stdin;\n${rows.map((row) => `${row}\n`).join('')}\\.\n`;
}

function insert(name: string, rows: readonly string[]): string {
  if (rows.length === 0) return '';
  return `INSERT INTO \`${name}\` (\`id\`,\`name\`) VALUES\n${rows.join(',\n')};\n`;
}

export function memorySource(bytes: Buffer, name = 'sample.sql.zst'): Source {
  return {
    name,
    size: bytes.length,
    read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > bytes.length) {
        return Promise.reject(new RangeError(`a read from ${offset}, ${length} bytes, leaves the file`));
      }
      return Promise.resolve(Buffer.from(bytes.subarray(offset, offset + length)));
    },
    close: () => Promise.resolve(),
  };
}

/** One for all samples: its threads take longer to start than a sample to be read. */
export const sampleCodec = openCodec();
atEnd(() => sampleCodec.close());

export async function withArchive<T>(bytes: Buffer, work: (archive: Archive) => Promise<T>): Promise<T> {
  const archive = await openArchive(memorySource(bytes), sampleCodec);
  try {
    return await work(archive);
  } finally {
    await archive.close();
  }
}

/** Opens a file and reads all of it. The error that it is refused with, or undefined if it is accepted. */
export async function refusalOf(bytes: Buffer): Promise<LockstepError | undefined> {
  try {
    await withArchive(bytes, (archive) => archive.verifyAll());
    return undefined;
  } catch (error) {
    if (error instanceof LockstepError) return error;
    throw error;
  }
}
