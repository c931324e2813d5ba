import { createHash } from 'node:crypto';
import { LockstepError, reasonOf } from '../../errors.ts';
import type { RunOptions } from '../../progress.ts';
import type { Source } from '../../storage/storage.ts';
import type { Codec } from './codec.ts';
import { contentChecksum } from './content-checksum.ts';
import { damaged } from './damage.ts';
import { frameLabel } from './frame-label.ts';
import { maxCompressedContent, maxWindow } from './limits.ts';
import type { Manifest } from './manifest.ts';
import { unpackStored } from './stored-frame.ts';
import type { FrameEntry, FrameKind, TableOfContents } from './table-of-contents.ts';
import { blocksOf, mostBytesOf, readHeader, storedChecksum } from './zstd-frame.ts';
import { openCodec } from './zstd.ts';

/** Content of frames that are read ahead. */
const maxBytesAhead = 32 * 1024 * 1024;

export interface ReadFrame {
  readonly entry: FrameEntry;
  /** Without the label in its first line. */
  readonly sql: Buffer;
}

/** An open archive; see `openArchive`. Frames may be read in any order and side by side. */
export class Archive {
  readonly contents: TableOfContents;
  readonly #source: Source;
  readonly #lent: Codec | undefined;
  /** Frames that were found sound: bytes with their SHA-256 are the same bytes. */
  readonly #sound = new Set<number>();
  #own: Codec | undefined;

  /** A codec that is given stays open; otherwise the archive opens one when it needs it. */
  constructor(source: Source, contents: TableOfContents, codec?: Codec) {
    this.#source = source;
    this.contents = contents;
    this.#lent = codec;
  }

  /** Its path, for messages. */
  get name(): string {
    return this.#source.name;
  }

  /** Bytes of the whole file. */
  get size(): number {
    return this.#source.size;
  }

  /** How many frames are unpacked at the same time. */
  get parallel(): number {
    return this.#codec().parallel;
  }

  get manifest(): Manifest {
    return this.contents.manifest;
  }

  /**
   * The SQL of a frame, without the label in its first line. The frame's SHA-256, its form, length, checksum and label
   * are checked; what is wrong throws FILE_DAMAGED. When it is read again, its SHA-256 is enough.
   */
  async readFrame(index: number): Promise<Buffer> {
    const entry = this.#entry(index);
    const bytes = await this.#source.read(entry.offset, entry.size);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (sha256 !== entry.sha256) throw this.#damage(index, 'it does not match its SHA-256');
    const label = frameLabel(entry, index + 1);
    const known = this.#sound.has(index);
    const content = await this.#unpack(index, entry, bytes, known);
    if (!known && !content.subarray(0, label.length).equals(label))
      throw this.#damage(index, 'it has the label of another');
    this.#sound.add(index);
    return content.subarray(label.length);
  }

  /**
   * The frames of one kind, or all of them, in their order. Some are read ahead, so that the next one is ready when it
   * is asked for.
   */
  frames(kind?: FrameKind): AsyncGenerator<ReadFrame> {
    const all = [...this.contents.frames.entries()];
    const wanted = all.filter(([, entry]) => kind === undefined || entry.kind === kind).map(([index]) => index);
    return this.read(wanted, this.parallel + 1);
  }

  /** The data frames of one table, by its label. */
  framesOf(table: string): AsyncGenerator<ReadFrame> {
    const all = [...this.contents.frames.entries()];
    return this.read(all.filter(([, entry]) => entry.table === table).map(([index]) => index));
  }

  /** The frames with these indexes, in this order. `ahead` of them are read before they are asked for. */
  async *read(indexes: readonly number[], ahead = 2): AsyncGenerator<ReadFrame> {
    const reading: { readonly entry: FrameEntry; readonly sql: Promise<Buffer> }[] = [];
    let bytes = 0;
    for (let next = 0; ;) {
      for (let index = indexes[next]; index !== undefined; index = indexes[next]) {
        const entry = this.#entry(index);
        if (reading.length >= ahead || (reading.length > 0 && bytes + entry.rawSize > maxBytesAhead)) break;
        const sql = this.readFrame(index);
        // It is awaited in its turn, or not at all when the caller stops early.
        sql.catch(() => undefined);
        reading.push({ entry, sql });
        bytes += entry.rawSize;
        next += 1;
      }
      const first = reading.shift();
      if (!first) return;
      yield { entry: first.entry, sql: await first.sql };
      bytes -= first.entry.rawSize;
    }
  }

  /** Reads every frame. Returns if all of them are sound, and throws FILE_DAMAGED for the first that is not. */
  async verifyAll(options: RunOptions = {}): Promise<void> {
    const total = this.contents.frames.length;
    let done = 0;
    for await (const _ of this.frames()) {
      options.signal?.throwIfAborted();
      done += 1;
      await options.onProgress?.({ kind: 'count', what: 'frames checked', done, total });
    }
  }

  async close(): Promise<void> {
    await this.#own?.close();
    await this.#source.close();
  }

  #entry(index: number): FrameEntry {
    const entry = this.contents.frames[index];
    if (!entry) throw new LockstepError('INTERNAL', { reason: `there is no frame ${index}` });
    return entry;
  }

  async #unpack(index: number, entry: FrameEntry, bytes: Buffer, known: boolean): Promise<Buffer> {
    try {
      const header = readHeader(bytes);
      if (header.contentSize !== entry.rawSize) throw new Error('its header gives another length');
      if (!header.hasChecksum) throw new Error('it has no checksum');
      if (header.window > maxWindow) throw new Error('it needs too much memory');
      const checksum = storedChecksum(bytes);
      const stored = entry.rawSize > maxCompressedContent;
      // Walking the blocks proves that this is one whole frame: some decompressors stop early without a word.
      const mostBytes = stored || known ? entry.rawSize : mostBytesOf(blocksOf(bytes, header));
      const content = stored
        ? unpackStored(bytes, header)
        : await this.#codec().decompress(bytes, entry.rawSize, mostBytes);
      if (content.length !== entry.rawSize) throw new Error(`its content has ${content.length} bytes`);
      if (!known && (await contentChecksum([content])) !== checksum)
        throw new Error('its content does not match its checksum');
      return content;
    } catch (error) {
      if (error instanceof LockstepError) throw error;
      throw this.#damage(index, reasonOf(error), error);
    }
  }

  #codec(): Codec {
    if (this.#lent) return this.#lent;
    this.#own ??= openCodec();
    return this.#own;
  }

  #damage(index: number, reason: string, cause?: unknown): LockstepError {
    return damaged(this.name, `frame ${index + 1} of ${this.contents.frames.length}: ${reason}`, cause);
  }
}
