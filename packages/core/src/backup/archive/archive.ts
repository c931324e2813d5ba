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
import { blocksOf, readHeader, storedChecksum } from './zstd-frame.ts';
import { openCodec } from './zstd.ts';

/** Content of frames that are read ahead. */
const maxBytesAhead = 32 * 1024 * 1024;

/** A frame with its SQL, without the label in its first line. */
export interface ReadFrame {
  readonly entry: FrameEntry;
  readonly sql: Buffer;
}

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

  get manifest(): Manifest {
    return this.contents.manifest;
  }

  /**
   * The SQL of a frame, without the label in its first line. The frame's SHA-256, its form, length, checksum and label
   * are checked; what is wrong throws FILE_DAMAGED.
   */
  async readFrame(index: number): Promise<Buffer> {
    const entry = this.contents.frames[index];
    if (!entry) throw new LockstepError('INTERNAL', { reason: `there is no frame ${index}` });
    const bytes = await this.#source.read(entry.offset, entry.size);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (sha256 !== entry.sha256) throw this.#damage(index, 'it does not match its SHA-256');
    const content = await this.#unpack(index, entry, bytes);
    const label = frameLabel(entry, index + 1);
    if (!content.subarray(0, label.length).equals(label)) throw this.#damage(index, 'it has the label of another');
    return content.subarray(label.length);
  }

  /**
   * The frames of one kind, or all of them, in their order. Some are read ahead, so that the next one is ready when it
   * is asked for.
   */
  frames(kind?: FrameKind): AsyncGenerator<ReadFrame> {
    return this.#readAhead((entry) => kind === undefined || entry.kind === kind);
  }

  /** The data frames of one table, by its label. */
  framesOf(table: string): AsyncGenerator<ReadFrame> {
    return this.#readAhead((entry) => entry.table === table);
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

  async *#readAhead(isWanted: (entry: FrameEntry) => boolean): AsyncGenerator<ReadFrame> {
    const { parallel } = this.#codec();
    const wanted = [...this.contents.frames.entries()].filter(([, entry]) => isWanted(entry));
    const ahead: { readonly entry: FrameEntry; readonly sql: Promise<Buffer> }[] = [];
    let bytes = 0;
    for (let next = 0; ;) {
      for (let found = wanted[next]; found; found = wanted[next]) {
        const [index, entry] = found;
        if (ahead.length > parallel || (ahead.length > 0 && bytes + entry.rawSize > maxBytesAhead)) break;
        const sql = this.readFrame(index);
        // It is awaited in its turn, or not at all when the caller stops early.
        sql.catch(() => undefined);
        ahead.push({ entry, sql });
        bytes += entry.rawSize;
        next += 1;
      }
      const first = ahead.shift();
      if (!first) return;
      yield { entry: first.entry, sql: await first.sql };
      bytes -= first.entry.rawSize;
    }
  }

  async #unpack(index: number, entry: FrameEntry, bytes: Buffer): Promise<Buffer> {
    try {
      const header = readHeader(bytes);
      if (header.contentSize !== entry.rawSize) throw new Error('its header gives another length');
      if (!header.hasChecksum) throw new Error('it has no checksum');
      if (header.window > maxWindow) throw new Error('it needs too much memory');
      const checksum = storedChecksum(bytes);
      const stored = entry.rawSize > maxCompressedContent;
      // Walking the blocks proves that this is one whole frame: some decompressors stop early without a word.
      if (!stored) for (const _ of blocksOf(bytes, header)) continue;
      const content = stored ? unpackStored(bytes, header) : await this.#codec().decompress(bytes, entry.rawSize);
      if (content.length !== entry.rawSize) throw new Error(`its content has ${content.length} bytes`);
      if ((await contentChecksum([content])) !== checksum) throw new Error('its content does not match its checksum');
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
