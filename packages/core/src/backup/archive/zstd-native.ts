import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import type * as Zstd from '@toondepauw/node-zstd';
import { builtFile } from '../../built-file.ts';
import type { Codec } from './codec.ts';
import { compressionLevel } from './codec.ts';
import { contentChecksum } from './content-checksum.ts';
import { SpareMemory } from './spare-memory.ts';
import { withSizeAndChecksum } from './zstd-frame.ts';
import { wasmCodec } from './zstd-wasm.ts';

const name = '@toondepauw/node-zstd';

/** The package gives as much memory as a frame takes, and knows no limit: a frame that could take more goes another way. */
const mostContent = 64 * 1024 * 1024;

let found: typeof Zstd | undefined | null = null;

/**
 * The zstd of the optional package with native code, which works on Node's pool of threads; undefined where it is not
 * there. It is twice as fast as WebAssembly, and needs no threads with a memory of their own.
 */
export function nativeCodec(): Codec | undefined {
  if (found === null) found = load();
  if (!found) return undefined;
  const encoder = new found.Encoder(compressionLevel);
  const decoder = new found.Decoder();
  const parallel = Math.min(3, availableParallelism());
  const memory = new SpareMemory(parallel + 2);
  let rest: Codec | undefined;
  return {
    name: 'native',
    parallel,
    async compress(pieces) {
      const content = memory.filled(pieces);
      const bytes = Buffer.from(content.buffer, 0, content.length);
      try {
        const [frame, checksum] = await Promise.all([encoder.encode(bytes), contentChecksum([content])]);
        return withSizeAndChecksum(frame, content.length, checksum);
      } finally {
        memory.give(content.buffer);
      }
    },
    async decompress(frame, rawSize, mostBytes) {
      if (mostBytes > mostContent) return (rest ??= wasmCodec()).decompress(frame, rawSize, mostBytes);
      try {
        return await decoder.decode(Buffer.from(frame.buffer, frame.byteOffset, frame.length));
      } catch (error) {
        // The package's message gives a number only.
        throw new Error('it cannot be decompressed', { cause: error });
      }
    },
    close: async () => rest?.close(),
  };
}

function load(): typeof Zstd | undefined {
  try {
    const loaded: unknown = createRequire(builtFile('index.js'))(name);
    return isZstd(loaded) ? loaded : undefined;
  } catch {
    // Left out by the installation, or none for this platform: it is an optional package.
    return undefined;
  }
}

function isZstd(loaded: unknown): loaded is typeof Zstd {
  return typeof loaded === 'object' && loaded !== null && 'Encoder' in loaded && 'Decoder' in loaded;
}
