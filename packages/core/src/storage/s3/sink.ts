import { setMaxListeners } from 'node:events';
import { LockstepError } from '../../errors.ts';
import type { Sink } from '../storage.ts';
import { withClaim } from './claim.ts';
import type { Client } from './client.ts';
import { objectExists } from './listing.ts';
import type { Upload } from './multipart.ts';
import { abortUpload, beginUpload, completeUpload, uploadPart } from './multipart.ts';
import { BlockPool, Part } from './part.ts';
import { partSize, partsUnderWay } from './part-size.ts';
import { forgetUpload, recordUpload } from './upload-record.ts';

/** Begins an upload in parts. Throws BACKUP_EXISTS if there is an object of this name already. */
export async function s3Sink(client: Client, prefix: string, name: string): Promise<Sink> {
  const key = `${prefix}${name}`;
  if (await objectExists(client, prefix, name)) throw new LockstepError('BACKUP_EXISTS', { file: client.place(key) });
  const upload = await beginUpload(client, key);
  const { bucket, settings } = client;
  const record = await recordUpload({ endpoint: settings.endpoint.origin, bucket, key, id: upload.id });
  return new S3Sink(client, { prefix, name, upload, record });
}

interface Target {
  readonly prefix: string;
  readonly name: string;
  readonly upload: Upload;
  /** Where it is written down that this upload is under way. */
  readonly record: string;
}

class S3Sink implements Sink {
  readonly place: string;
  readonly #client: Client;
  readonly #target: Target;
  readonly #pool = new BlockPool();
  readonly #underWay = new Set<Promise<void>>();
  readonly #tags: string[] = [];
  readonly #stop = new AbortController();
  #part: Part;
  #failure: { readonly error: unknown } | undefined;
  #isOpen = true;

  constructor(client: Client, target: Target) {
    // One listener for each request that is under way.
    setMaxListeners(0, this.#stop.signal);
    this.#client = client;
    this.#target = target;
    this.#part = new Part(1, partSize(1), this.#pool);
    this.place = client.place(target.upload.key);
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#requireOpen();
    for (let done = 0; done < chunk.length;) {
      done += this.#part.add(chunk.subarray(done));
      if (this.#part.isFull) await this.#next();
    }
  }

  async publish(): Promise<void> {
    try {
      this.#requireOpen();
      // A file without any content is one part without any.
      if (this.#part.size > 0 || this.#part.number === 1) this.#send(this.#part);
      await Promise.all(this.#underWay);
      this.#requireOpen();
      await this.#complete();
      this.#isOpen = false;
      await forgetUpload(this.#target.record);
    } finally {
      await this.abandon();
    }
  }

  async abandon(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#stop.abort();
    await Promise.all(this.#underWay);
    await abortUpload(this.#client, this.#target.upload);
    await forgetUpload(this.#target.record);
  }

  async #complete(): Promise<void> {
    const { prefix, name, upload } = this.#target;
    await withClaim(this.#client, upload.key, async () => {
      if (await objectExists(this.#client, prefix, name)) {
        throw new LockstepError('BACKUP_EXISTS', { file: this.place });
      }
      await completeUpload(this.#client, upload, this.#tags);
    });
  }

  /** Sends the part that is full, and goes on with the next one as soon as there is room for it. */
  async #next(): Promise<void> {
    const size = partSize(this.#part.number + 1);
    this.#send(this.#part);
    this.#part = new Part(this.#part.number + 1, size, this.#pool);
    while (this.#underWay.size >= partsUnderWay(size)) await Promise.race(this.#underWay);
    this.#requireOpen();
  }

  #send(part: Part): void {
    const sending = this.#upload(part).finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }

  /** Never throws: what goes wrong is thrown by the next call of the writer. */
  async #upload(part: Part): Promise<void> {
    try {
      const { upload } = this.#target;
      const tag = await uploadPart(this.#client, upload, part.number, part.body(), this.#stop.signal);
      this.#tags[part.number - 1] = tag;
      part.release();
    } catch (error) {
      // Parts of an upload that is given up fail because they are called off.
      if (this.#isOpen) this.#failure ??= { error };
      this.#stop.abort();
    }
  }

  #requireOpen(): void {
    if (this.#failure) throw this.#failure.error;
    if (this.#isOpen) return;
    throw new LockstepError('STORAGE_FAILED', { place: this.place, reason: 'the upload has ended already' });
  }
}
