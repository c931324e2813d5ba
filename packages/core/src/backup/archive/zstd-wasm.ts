import { availableParallelism } from 'node:os';
import type { Codec } from './codec.ts';
import { compressionLevel } from './codec.ts';
import { ThreadPool } from './thread-pool.ts';

/** The memory of WebAssembly never shrinks: a thread that had a frame with more content than this is replaced. */
const keepUpTo = 8 * 1024 * 1024;

/** zstd in WebAssembly, on threads of its own that start when they are needed. */
export function wasmCodec(): Codec {
  const threads = new ThreadPool(Math.min(4, availableParallelism()));
  return {
    name: 'wasm',
    parallel: threads.size,
    compress(pieces) {
      const bytes = joined(pieces);
      return threads.run({ bytes, level: compressionLevel }, bytes.length > keepUpTo);
    },
    decompress: (frame, rawSize) => threads.run({ bytes: joined([frame]), level: undefined }, rawSize > keepUpTo),
    close: () => threads.close(),
  };
}

/** The pieces put together in memory that can be handed over to a thread. */
function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
