import { parentPort } from 'node:worker_threads';
import { compress, decompress, init } from '@bokuweb/zstd-wasm';
import { contentChecksum } from './content-checksum.ts';
import { withChecksum } from './zstd-frame.ts';

// A thread of the WebAssembly codec: a job comes in, its reply goes out. The bytes are handed over, not copied.

export interface Job {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The level to compress with; undefined to decompress. */
  readonly level: number | undefined;
}

export type Reply = { readonly bytes: Uint8Array } | { readonly problem: string };

const ready = init();

parentPort?.on('message', (job: Job) => void work(job));

async function work(job: Job): Promise<void> {
  try {
    await ready;
    const bytes = job.level === undefined ? unpack(job.bytes) : await pack(job.bytes, job.level);
    reply({ bytes }, bytes.buffer);
  } catch (error) {
    reply({ problem: error instanceof Error ? error.message : String(error) });
  }
}

async function pack(content: Uint8Array, level: number): Promise<Uint8Array> {
  // The library's call leaves the checksum out.
  return withChecksum(compress(content, level), await contentChecksum([content]));
}

function unpack(frame: Uint8Array): Uint8Array {
  try {
    return decompress(frame);
  } catch (error) {
    // The library's message speaks of compressing, and gives a number only.
    throw new Error('it cannot be decompressed', { cause: error });
  }
}

function reply(value: Reply, buffer?: ArrayBufferLike): void {
  parentPort?.postMessage(value, buffer instanceof ArrayBuffer ? [buffer] : []);
}
