import zlib from 'node:zlib';
import { availableParallelism } from 'node:os';
import type { Codec } from './codec.ts';
import { compressionLevel } from './codec.ts';
import { SpareMemory } from './spare-memory.ts';

// From Node.js 22.15 on. The type definitions of Node.js 20 do not have it.
declare module 'node:zlib' {
  interface ZstdOptions {
    readonly params?: Readonly<Record<number, number>>;
    readonly pledgedSrcSize?: number;
    readonly maxOutputLength?: number;
    readonly chunkSize?: number;
  }
  type ZstdCall = (data: Uint8Array, options: ZstdOptions, done: (error: Error | null, result: Buffer) => void) => void;
  export const zstdCompress: ZstdCall | undefined;
  export const zstdDecompress: ZstdCall | undefined;
}

// Numbers of zstd's own interface, which never change.
const ZSTD_c_compressionLevel = 100;
const ZSTD_c_contentSizeFlag = 200;
const ZSTD_c_checksumFlag = 201;

const params = {
  [ZSTD_c_compressionLevel]: compressionLevel,
  [ZSTD_c_contentSizeFlag]: 1,
  [ZSTD_c_checksumFlag]: 1,
};

/** Output is made in pieces of this size. */
const chunkSize = 1024 * 1024;

/** The zstd of Node.js itself, which works on Node's pool of threads. Undefined where it has none. */
export function builtinCodec(): Codec | undefined {
  const { zstdCompress, zstdDecompress } = zlib;
  if (!zstdCompress || !zstdDecompress) return undefined;
  const memory = new SpareMemory(6);
  return {
    name: 'builtin',
    parallel: Math.min(4, availableParallelism()),
    async compress(pieces) {
      const content = memory.filled(pieces);
      try {
        return [await call(zstdCompress, content, { params, pledgedSrcSize: content.length, chunkSize })];
      } finally {
        memory.give(content.buffer);
      }
    },
    decompress: (frame, rawSize) =>
      call(zstdDecompress, frame, { maxOutputLength: rawSize, chunkSize: Math.min(chunkSize, Math.max(64, rawSize)) }),
    close: () => Promise.resolve(),
  };
}

function call(
  work: NonNullable<typeof zlib.zstdCompress>,
  data: Uint8Array,
  options: Parameters<typeof work>[1],
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    work(data, options, (error, result) => (error ? reject(error) : resolve(result)));
  });
}
