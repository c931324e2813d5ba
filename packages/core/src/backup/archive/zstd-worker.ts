import { parentPort } from 'node:worker_threads';
import type * as Zstd from '@bokuweb/zstd-wasm';
import { contentChecksum } from './content-checksum.ts';
import { setChecksumFlag } from './zstd-frame.ts';

// A thread of the codec: a job comes in, its reply goes out. The bytes are handed over, not copied.

export interface Job {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The level to compress with; undefined to decompress. */
  readonly level: number | undefined;
}

export type Reply = {
  readonly result:
    | {
        readonly bytes: Uint8Array;
        /** Belongs behind the bytes of a frame; undefined for content, and where it is there already. */
        readonly checksum: number | undefined;
      }
    | { readonly problem: string };
  /** The memory of the job, to be used again: here it would pile up until this thread collects its garbage. */
  readonly memory: ArrayBuffer;
};

parentPort?.on('message', (job: Job) => void work(job));

async function work({ bytes, level }: Job): Promise<void> {
  const result = await resultOf(bytes, level);
  const memory = bytes.buffer;
  const handedOver = 'bytes' in result && result.bytes.buffer instanceof ArrayBuffer ? [result.bytes.buffer] : [];
  parentPort?.postMessage({ result, memory } satisfies Reply, [memory, ...handedOver]);
}

async function resultOf(bytes: Uint8Array<ArrayBuffer>, level: number | undefined): Promise<Reply['result']> {
  try {
    if (level === undefined) return { bytes: await unpack(bytes), checksum: undefined };
    return await pack(bytes, level);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

async function pack(content: Uint8Array, level: number): Promise<Reply['result']> {
  const bytes = (await wasm()).compress(content, level);
  // The library leaves the checksum out. It is put behind the frame elsewhere, so that the frame is not copied here.
  setChecksumFlag(bytes);
  return { bytes, checksum: await contentChecksum([content]) };
}

async function unpack(frame: Uint8Array): Promise<Uint8Array> {
  const { decompress } = await wasm();
  try {
    return decompress(frame);
  } catch (error) {
    // The library's message speaks of compressing, and gives a number only.
    throw new Error('it cannot be decompressed', { cause: error });
  }
}

// Loaded when it is needed.

let loadingWasm: Promise<typeof Zstd> | undefined;

function wasm(): Promise<typeof Zstd> {
  loadingWasm ??= import('@bokuweb/zstd-wasm').then(async (module) => {
    await module.init();
    return module;
  });
  return loadingWasm;
}
