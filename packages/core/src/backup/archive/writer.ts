import { createHash } from 'node:crypto';
import type { Counter } from '../../database/database.ts';
import { LockstepError } from '../../errors.ts';
import type { Sink } from '../../storage/storage.ts';
import { compareUtf8, contentRoot } from '../content-root.ts';
import { compareCounters, findContradiction } from './check-contents.ts';
import type { Codec } from './codec.ts';
import { packContents } from './contents-frame.ts';
import { FileRoot } from './file-root.ts';
import { footerSize, packFooter } from './footer.ts';
import { frameLabel } from './frame-label.ts';
import { maxCompressedContent, maxContent } from './limits.ts';
import { isTooLarge, packManifest } from './manifest-frame.ts';
import type { Manifest } from './manifest.ts';
import { OrderedQueue } from './ordered-queue.ts';
import { packStored } from './stored-frame.ts';
import type { FrameEntry, FrameKind, TableOfContents, TableResult } from './table-of-contents.ts';
import { openCodec } from './zstd.ts';

export interface FrameInput {
  readonly kind: FrameKind;
  /** The label of the table; for data frames only. */
  readonly table?: string;
  /** Rows in the SQL; for data frames only. */
  readonly rows?: number;
  /** Whole statements, ending with `\n`, in one piece or several. Their memory may be used again when `frame` has returned, up to 8 MB. */
  readonly sql: Buffer | readonly Buffer[];
}

export interface ArchiveResults {
  readonly tables: readonly TableResult[];
  readonly counters: readonly Counter[];
}

export interface WrittenArchive {
  readonly contents: TableOfContents;
  /** Bytes of the whole file. */
  readonly size: number;
}

/** Content that is under way: no more is taken until some of it has been written. */
const maxBytesUnderWay = 32 * 1024 * 1024;

/**
 * Writes an archive: `start`, then `frame` for each frame in the order of the kinds, then `finish`. Frames are compressed
 * side by side off the main thread and written in the order of the calls. Publishing the sink is left to the caller.
 *
 * @example
 * const writer = new ArchiveWriter(sink);
 * try {
 *   await writer.start(manifest);
 *   await writer.frame({ kind: 'head', sql });
 *   // ... shape, data, counters, rest, state, tail
 *   const { contents } = await writer.finish({ tables, counters });
 *   await sink.publish();
 * } finally {
 *   await writer.close();
 *   await sink.abandon();
 * }
 */
export class ArchiveWriter {
  readonly #sink: Pick<Sink, 'write'>;
  readonly #codec: Codec;
  readonly #isOwn: boolean;
  readonly #queue: OrderedQueue;
  readonly #frames: FrameEntry[] = [];
  #begun: { readonly manifest: Manifest; readonly root: FileRoot } | undefined;
  #accepted = 0;
  #size = 0;

  /** A codec that is given stays open; otherwise `close` is due in any case. */
  constructor(sink: Pick<Sink, 'write'>, codec?: Codec) {
    this.#sink = sink;
    this.#codec = codec ?? openCodec();
    this.#isOwn = codec === undefined;
    this.#queue = new OrderedQueue(this.#codec.parallel + 2, maxBytesUnderWay);
  }

  /** Writes the manifest. */
  async start(manifest: Manifest): Promise<void> {
    const frame = packManifest(manifest);
    if (isTooLarge(frame)) throw new LockstepError('INTERNAL', { reason: 'the manifest is too large' });
    this.#begun = { manifest, root: new FileRoot(frame) };
    await this.#write(frame);
  }

  /**
   * Takes a frame. Returns as soon as there is room for it; what goes wrong while it is compressed and written is thrown
   * by a later call. Throws ROW_TOO_LONG if the SQL has more than 1.5 GB: only a single row can be that long.
   */
  async frame({ kind, rows = 0, sql, ...input }: FrameInput): Promise<void> {
    const table = input.table ?? null;
    this.#accepted += 1;
    const content = [frameLabel({ kind, table }, this.#accepted), ...(Buffer.isBuffer(sql) ? [sql] : sql)];
    const rawSize = sizeOf(content);
    if (rawSize > maxContent) {
      throw new LockstepError('ROW_TOO_LONG', { table: table ?? kind, found: rawSize, needed: maxContent });
    }
    await this.#queue.push(
      rawSize,
      () => this.#pack(content, rawSize),
      (pieces) => this.#append({ kind, table, rows, rawSize }, pieces),
    );
  }

  /** Writes the table of contents and the footer. Tables and counters may be given in any order. */
  async finish(results: ArchiveResults): Promise<WrittenArchive> {
    await this.#queue.drain();
    const { manifest, root } = this.#started();
    const tables = results.tables.toSorted((a, b) => compareUtf8(a.name, b.name));
    const counters = results.counters.toSorted(compareCounters);
    const { fingerprint, release } = manifest;
    const contents: TableOfContents = {
      manifest,
      tables,
      counters,
      frames: this.#frames,
      contentRoot: contentRoot({ fingerprint, release, tables }),
      fileRoot: root.hex(),
    };
    const contradiction = findContradiction(contents);
    if (contradiction)
      throw new LockstepError('INTERNAL', { reason: `the backup is not consistent: ${contradiction}` });
    await this.#writeContents(contents);
    return { contents, size: this.#size };
  }

  /** Ends the threads. Frames that are still under way are lost. */
  async close(): Promise<void> {
    if (this.#isOwn) await this.#codec.close();
  }

  #pack(content: readonly Buffer[], rawSize: number): Promise<readonly Buffer[]> {
    return rawSize > maxCompressedContent ? packStored(content) : this.#codec.compress(content);
  }

  async #append(
    entry: Pick<FrameEntry, 'kind' | 'table' | 'rows' | 'rawSize'>,
    pieces: readonly Buffer[],
  ): Promise<void> {
    const hash = createHash('sha256');
    for (const piece of pieces) hash.update(piece);
    const sha256 = hash.digest('hex');
    this.#frames.push({ ...entry, offset: this.#size, size: sizeOf(pieces), sha256 });
    this.#started().root.add(sha256);
    for (const piece of pieces) await this.#write(piece);
  }

  async #writeContents(contents: TableOfContents): Promise<void> {
    const contentsOffset = this.#size;
    const hash = createHash('sha256');
    for (const piece of packContents(contents)) {
      hash.update(piece);
      await this.#write(piece);
    }
    await this.#write(
      packFooter({
        contentsOffset,
        contentsSize: this.#size - contentsOffset,
        contentsSha256: hash.digest('hex'),
        fileSize: this.#size + footerSize,
      }),
    );
  }

  async #write(piece: Buffer): Promise<void> {
    await this.#sink.write(piece);
    this.#size += piece.length;
  }

  #started(): { readonly manifest: Manifest; readonly root: FileRoot } {
    if (!this.#begun) throw new LockstepError('INTERNAL', { reason: 'the archive has not been started' });
    return this.#begun;
  }
}

function sizeOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}
