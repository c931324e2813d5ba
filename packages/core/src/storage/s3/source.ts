import { setMaxListeners } from 'node:events';
import { LockstepError } from '../../errors.ts';
import type { Source } from '../storage.ts';
import type { Client, Result } from './client.ts';

/** What is fetched when a file is opened: it holds the manifest of most backups. */
const headSize = 16 * 1024;

/** Opens an object: one request tells its size, and brings its beginning. Throws BACKUP_MISSING. */
export async function s3Source(client: Client, key: string): Promise<Source> {
  const name = client.place(key);
  const pieces: Buffer[] = [];
  const { refusal, headers } = await client.request({
    method: 'GET',
    key,
    headers: { range: `bytes=0-${headSize - 1}` },
    doing: 'read a file',
    accept: ['NoSuchKey', 'InvalidRange'],
    receive: () => {
      pieces.length = 0;
      return (piece) => void pieces.push(piece);
    },
  });
  if (refusal?.code === 'NoSuchKey') throw new LockstepError('BACKUP_MISSING', { file: name });
  // No part of an empty file can be had.
  const size = refusal ? 0 : Number(/\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1]);
  if (Number.isNaN(size)) {
    throw new LockstepError('STORAGE_FAILED', { place: name, reason: 'the server does not send parts of files' });
  }
  return new S3Source(client, key, { size, head: Buffer.concat(pieces), tag: headers.etag });
}

interface Opened {
  readonly size: number;
  readonly head: Buffer;
  readonly tag: string | undefined;
}

class S3Source implements Source {
  readonly name: string;
  readonly size: number;
  readonly #client: Client;
  readonly #key: string;
  readonly #head: Buffer;
  readonly #tag: string | undefined;
  readonly #closed = new AbortController();

  constructor(client: Client, key: string, { size, head, tag }: Opened) {
    // One listener for each request that is under way.
    setMaxListeners(0, this.#closed.signal);
    this.#client = client;
    this.#key = key;
    this.#head = head;
    this.#tag = tag;
    this.name = client.place(key);
    this.size = size;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const end = offset + length;
    if (end > this.size) {
      throw new LockstepError('FILE_DAMAGED', { file: this.name, reason: `it ends before byte ${end}` });
    }
    // Not from Node's pool of small buffers: the bytes may be kept for long.
    const buffer = Buffer.allocUnsafeSlow(length);
    const known = offset < this.#head.length ? this.#head.copy(buffer, 0, offset, end) : 0;
    for (let done = known; done < length;) done = await this.#fetch(buffer, offset, done);
    return buffer;
  }

  async close(): Promise<void> {
    this.#closed.abort();
  }

  /** Fetches what is missing of a buffer, and returns how much of it is there. Attempts go on where others broke off. */
  async #fetch(buffer: Buffer, offset: number, from: number): Promise<number> {
    let done = from;
    const result = await this.#client.request({
      method: 'GET',
      key: this.#key,
      headers: {
        range: `bytes=${offset + from}-${offset + buffer.length - 1}`,
        // A file that another took the place of meanwhile would be a mixture of both.
        ...(this.#tag === undefined ? {} : { 'if-match': this.#tag }),
      },
      doing: 'read a file',
      accept: ['NoSuchKey', 'PreconditionFailed', 'InvalidRange'],
      signal: this.#closed.signal,
      receive: () => {
        done = from;
        return (piece) => {
          done += piece.copy(buffer, done);
        };
      },
    });
    this.#check(result);
    return done;
  }

  #check({ status, refusal }: Result): void {
    if (!refusal && status === 206) return;
    const reason = refusal ? 'it was removed or replaced while it was read' : 'the server does not send parts of files';
    throw new LockstepError('STORAGE_FAILED', { place: this.name, reason });
  }
}
