import type { Codec } from './codec.ts';
import { builtinCodec } from './zstd-builtin.ts';
import { hasNative } from './zstd-native.ts';
import { threadedCodec } from './zstd-threads.ts';

/**
 * The codec of this Node.js: its own zstd (from 22.15 on), or else one on threads of ours, which compress by a native
 * package where it is installed, and by WebAssembly otherwise.
 */
export function openCodec(): Codec {
  return builtinCodec() ?? threadedCodec(hasNative() ? 'native' : 'wasm');
}
