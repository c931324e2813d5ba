import type { KeyObject } from 'node:crypto';
import { LockstepError } from '../errors.ts';
import type { Source } from '../storage/storage.ts';
import { findHeader, inWords, openHeader } from './header.ts';
import type { Identity } from './keys.ts';
import { chunkSize, openChunk, payloadKey, payloadNonceSize, sealedSize, tagSize } from './payload.ts';

/** Sealed chunks that are read in one piece: 4 MiB, so that a long read needs little memory of its own. */
const chunksTogether = 64;

/** Chunks that are kept: of those at the edge of a read, the next one often needs the other part. */
const chunksKept = 32;

/**
 * The content of a file that is encrypted with age, readable anywhere; a file that is not encrypted as it is. Each
 * read fetches and checks only the chunks that it needs. Closing it closes the source; if this fails, that is left to
 * the caller.
 *
 * Throws FILE_ENCRYPTED without an identity, KEY_WRONG if none fits, FILE_DAMAGED if the header is damaged or the end
 * is missing. Reads throw FILE_DAMAGED for a chunk that is not as it was written.
 */
export async function decrypted(source: Source, identities: readonly Identity[]): Promise<Source> {
  const header = await findHeader(source);
  if (!header) return source;
  const { name: file } = source;
  if (identities.length === 0) throw new LockstepError('FILE_ENCRYPTED', { file, needed: inWords(header) });
  const fileKey = await openHeader(header, identities, file);
  const begin = header.bytes.length + payloadNonceSize;
  if (source.size < begin + tagSize) throw damaged(file, 'it ends behind its header');
  const nonce = await source.read(header.bytes.length, payloadNonceSize);
  const content = new DecryptingSource(source, payloadKey(fileKey, nonce), begin);
  await content.checkEnd();
  return content;
}

/** True if a file is encrypted with age. */
export async function isEncrypted(source: Source): Promise<boolean> {
  return (await findHeader(source)) !== undefined;
}

class DecryptingSource implements Source {
  readonly size: number;
  readonly #source: Source;
  readonly #key: KeyObject;
  /** Where the first chunk begins. */
  readonly #begin: number;
  readonly #chunks: number;
  readonly #kept = new Map<number, Promise<Buffer>>();

  constructor(source: Source, key: KeyObject, begin: number) {
    this.#source = source;
    this.#key = key;
    this.#begin = begin;
    this.#chunks = Math.ceil((source.size - begin) / sealedSize);
    this.size = source.size - begin - this.#chunks * tagSize;
  }

  get name(): string {
    return this.#source.name;
  }

  /** Only the last chunk tells that it is the last: a file that was cut between two chunks is found by this. */
  async checkEnd(): Promise<void> {
    const last = this.#chunks - 1;
    const content = this.size - last * chunkSize;
    // Only a file without any content has a chunk without content.
    if (content < 0 || (content === 0 && last > 0)) throw damaged(this.name, 'it is cut');
    if (content > 0) await this.read(this.size - 1, 1);
    else await this.#fetch(last, last, () => undefined);
  }

  async read(offset: number, length: number): Promise<Buffer> {
    if (offset + length > this.size) throw damaged(this.name, `it ends before byte ${offset + length} of its content`);
    const target = Buffer.allocUnsafeSlow(length);
    if (length === 0) return target;
    const use = (index: number, chunk: Buffer): void => {
      const at = index * chunkSize - offset;
      chunk.copy(target, Math.max(0, at), Math.max(0, -at));
    };
    const parts: Promise<void>[] = [];
    let first = Math.floor(offset / chunkSize);
    let last = Math.floor((offset + length - 1) / chunkSize);
    for (let kept = this.#kept.get(first); kept && first <= last; kept = this.#kept.get(first)) {
      const index = first;
      parts.push(kept.then((chunk) => use(index, chunk)));
      first += 1;
    }
    for (let kept = this.#kept.get(last); kept && first <= last; kept = this.#kept.get(last)) {
      const index = last;
      parts.push(kept.then((chunk) => use(index, chunk)));
      last -= 1;
    }
    if (first <= last) {
      const usedInPart = [first, last].filter(
        (index) => index * chunkSize < offset || Math.min(this.size, (index + 1) * chunkSize) > offset + length,
      );
      parts.push(this.#fetchAndKeep(first, last, use, new Set(usedInPart)));
    }
    await Promise.all(parts);
    return target;
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  /** Fetches chunks, and keeps some of them. Another read may wait for these already while they are fetched. */
  #fetchAndKeep(first: number, last: number, use: UseChunk, wanted: ReadonlySet<number>): Promise<void> {
    const found = new Map<number, Buffer>();
    const fetched = this.#fetch(first, last, (index, chunk) => {
      use(index, chunk);
      if (wanted.has(index)) found.set(index, chunk);
    });
    for (const index of wanted) {
      const kept = fetched.then(() => found.get(index) ?? Promise.reject(damaged(this.name, 'a chunk is missing')));
      this.#kept.set(index, kept);
      // The read that fetches it tells what is wrong; the next one tries again.
      kept.catch(() => this.#kept.delete(index));
    }
    for (const index of this.#kept.keys()) {
      if (this.#kept.size <= chunksKept) break;
      this.#kept.delete(index);
    }
    return fetched;
  }

  async #fetch(first: number, last: number, use: UseChunk): Promise<void> {
    for (let index = first; index <= last;) {
      const from = this.#begin + index * sealedSize;
      const to = Math.min(this.#source.size, this.#begin + Math.min(last + 1, index + chunksTogether) * sealedSize);
      const sealed = await this.#source.read(from, to - from);
      for (let at = 0; at < sealed.length; at += sealedSize) {
        const isLast = index === this.#chunks - 1;
        const chunk = openChunk(this.#key, index, isLast, sealed.subarray(at, at + sealedSize));
        if (!chunk) throw damaged(this.name, this.#whatIsWrong(index, isLast));
        use(index, chunk);
        index += 1;
      }
    }
  }

  #whatIsWrong(index: number, isLast: boolean): string {
    if (isLast) return 'its end is not the end that was written: it was cut or changed, or something was added';
    return `chunk ${index + 1} of ${this.#chunks} of the encryption is not as it was written`;
  }
}

type UseChunk = (index: number, chunk: Buffer) => void;

function damaged(file: string, reason: string): LockstepError {
  return new LockstepError('FILE_DAMAGED', { file, reason });
}
