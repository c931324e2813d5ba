import zlib from 'node:zlib';
import { availableParallelism } from 'node:os';
import type { Codec } from './codec.ts';
import { compressionLevel } from './codec.ts';

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

/** The zstd of Node.js itself, which works on Node's pool of threads. Undefined where it has none. */
export function builtinCodec(): Codec | undefined {
  const { zstdCompress, zstdDecompress } = zlib;
  if (!zstdCompress || !zstdDecompress) return undefined;
  return {
    name: 'builtin',
    parallel: Math.min(4, availableParallelism()),
    compress: (pieces) => {
      const content = Buffer.concat(pieces);
      return call(zstdCompress, content, { params, pledgedSrcSize: content.length, chunkSize: 1024 * 1024 });
    },
    decompress: (frame, rawSize) =>
      call(zstdDecompress, frame, {
        maxOutputLength: rawSize,
        chunkSize: Math.min(1024 * 1024, Math.max(64, rawSize)),
      }),
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
