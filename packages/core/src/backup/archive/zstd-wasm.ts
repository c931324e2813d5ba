import { availableParallelism } from 'node:os';
import type { Codec } from './codec.ts';
import { compressionLevel } from './codec.ts';
import { ThreadPool } from './thread-pool.ts';

/** The memory of WebAssembly never shrinks: a thread that had a frame with more content than this is replaced. */
const keepUpTo = 8 * 1024 * 1024;

/** Each thread takes some 40 MB. */
const mostThreads = 3;

/** zstd in WebAssembly, on threads of its own that start when they are needed. */
export function wasmCodec(): Codec {
  const threads = new ThreadPool(Math.min(mostThreads, availableParallelism()));
  return {
    name: 'wasm',
    parallel: threads.size,
    compress(pieces) {
      const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
      return threads.run(pieces, compressionLevel, size > keepUpTo);
    },
    async decompress(frame, rawSize) {
      const [content = Buffer.alloc(0)] = await threads.run([frame], undefined, rawSize > keepUpTo);
      return content;
    },
    close: () => threads.close(),
  };
}
