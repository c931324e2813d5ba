import type { Writable } from 'node:stream';
import { LockstepError } from '../errors.ts';
import { storageFailed } from './failure.ts';
import type { Sink, Storage } from './storage.ts';

/**
 * A stream, such as stdout, as a place that one backup can be written to. What was written when a backup fails cannot be
 * taken back: such a file has no end, and every reader refuses it.
 */
export function streamStorage(stream: Writable, location: string): Storage {
  const refuse = (): Promise<never> =>
    Promise.reject(new LockstepError('STORAGE_INVALID', { place: location, reason: 'it can only be written to' }));
  return {
    location,
    create: async () => new StreamSink(stream, location),
    open: refuse,
    // What would lie beside the file, such as a sidecar, has no place.
    put: async () => undefined,
    list: refuse,
    remove: refuse,
    // Where the bytes go is not known.
    requireSpace: async () => undefined,
  };
}

class StreamSink implements Sink {
  readonly place: string;
  readonly #stream: Writable;

  constructor(stream: Writable, place: string) {
    this.place = place;
    this.#stream = stream;
    // Each error also comes back from the write that it befell.
    stream.on('error', () => undefined);
  }

  write(chunk: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(chunk, (error) => (error ? reject(storageFailed(this.place, error)) : resolve()));
    });
  }

  /** Every write has been waited for. */
  async publish(): Promise<void> {
    return undefined;
  }

  async abandon(): Promise<void> {
    return undefined;
  }
}
