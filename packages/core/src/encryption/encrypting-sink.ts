import type { Hash, KeyObject } from 'node:crypto';
import { createHash, randomBytes } from 'node:crypto';
import type { Sink } from '../storage/storage.ts';
import { sealHeader } from './header.ts';
import type { Recipient } from './keys.ts';
import { chunkSize, payloadKey, payloadNonceSize, sealChunk, sealedSize } from './payload.ts';

/** Chunks that are handed on in one piece. */
const chunksTogether = 16;

/** An encrypted file that is being written. */
export interface EncryptedFile extends Pick<Sink, 'write'> {
  /** Seals what is left, and publishes the sink. Returns size and SHA-256 of the encrypted file. */
  publish(): Promise<{ readonly size: number; readonly sha256: string }>;
}

/** Begins an encrypted file in a sink: what is written comes out as a file that `age -d` opens. */
export async function encryptingSink(sink: Sink, recipients: readonly Recipient[]): Promise<EncryptedFile> {
  const { bytes, fileKey } = await sealHeader(recipients);
  const nonce = randomBytes(payloadNonceSize);
  const encrypting = new EncryptingSink(sink, payloadKey(fileKey, nonce));
  await encrypting.begin(Buffer.concat([bytes, nonce]));
  return encrypting;
}

class EncryptingSink implements EncryptedFile {
  readonly #sink: Sink;
  readonly #key: KeyObject;
  readonly #hash: Hash = createHash('sha256');
  /** Content that is not sealed yet: a chunk is the last one, or not, by whether more comes. */
  readonly #open = Buffer.allocUnsafeSlow(chunkSize);
  #openSize = 0;
  readonly #sealed = Buffer.allocUnsafeSlow(chunksTogether * sealedSize);
  #sealedSize = 0;
  #chunks = 0;
  #size = 0;

  constructor(sink: Sink, key: KeyObject) {
    this.#sink = sink;
    this.#key = key;
  }

  async begin(header: Buffer): Promise<void> {
    await this.#handOn(header);
  }

  async write(bytes: Uint8Array): Promise<void> {
    const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < content.length;) {
      if (this.#openSize === chunkSize) await this.#seal(this.#take(), false);
      // Whole chunks are sealed where they stand.
      while (this.#openSize === 0 && content.length - at > chunkSize) {
        await this.#seal(content.subarray(at, at + chunkSize), false);
        at += chunkSize;
      }
      const copied = content.copy(this.#open, this.#openSize, at);
      this.#openSize += copied;
      at += copied;
    }
  }

  async publish(): Promise<{ readonly size: number; readonly sha256: string }> {
    await this.#seal(this.#take(), true);
    await this.#flush();
    await this.#sink.publish();
    return { size: this.#size, sha256: this.#hash.digest('hex') };
  }

  #take(): Buffer {
    const chunk = this.#open.subarray(0, this.#openSize);
    this.#openSize = 0;
    return chunk;
  }

  async #seal(chunk: Buffer, isLast: boolean): Promise<void> {
    if (this.#sealedSize + sealedSize > this.#sealed.length) await this.#flush();
    this.#sealedSize = sealChunk(this.#key, this.#chunks, isLast, chunk, this.#sealed, this.#sealedSize);
    this.#chunks += 1;
  }

  async #flush(): Promise<void> {
    await this.#handOn(this.#sealed.subarray(0, this.#sealedSize));
    this.#sealedSize = 0;
  }

  async #handOn(bytes: Buffer): Promise<void> {
    this.#hash.update(bytes);
    this.#size += bytes.length;
    await this.#sink.write(bytes);
  }
}
