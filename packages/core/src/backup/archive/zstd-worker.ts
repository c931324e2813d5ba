import { parentPort, workerData } from 'node:worker_threads';
import type * as Zstd from '@bokuweb/zstd-wasm';
import type { Encoder } from '@toondepauw/node-zstd';
import { contentChecksum } from './content-checksum.ts';
import { setChecksumFlag, withSizeAndChecksum } from './zstd-frame.ts';

// A thread of the codec: a job comes in, its reply goes out. The bytes are handed over, not copied.

/** What a thread is started with. */
export type Compressor = 'native' | 'wasm';

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
    return workerData === 'native' ? await packNative(bytes, level) : await pack(bytes, level);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

async function packNative(content: Uint8Array<ArrayBuffer>, level: number): Promise<Reply['result']> {
  const encoder = await native(level);
  const frame = encoder.encodeSync(Buffer.from(content.buffer, content.byteOffset, content.length));
  const checksum = await contentChecksum([content]);
  return { bytes: withSizeAndChecksum(frame, content.length, checksum), checksum: undefined };
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

// Each is loaded when it is needed: a thread that compresses natively never compiles the other.

let loadingWasm: Promise<typeof Zstd> | undefined;

function wasm(): Promise<typeof Zstd> {
  loadingWasm ??= import('@bokuweb/zstd-wasm').then(async (module) => {
    await module.init();
    return module;
  });
  return loadingWasm;
}

let loadingNative: Promise<Encoder> | undefined;

function native(level: number): Promise<Encoder> {
  loadingNative ??= import('@toondepauw/node-zstd').then((module) => new module.Encoder(level));
  return loadingNative;
}
