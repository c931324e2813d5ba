import type { Codec } from './codec.ts';
import { builtinCodec } from './zstd-builtin.ts';
import { nativeCodec } from './zstd-native.ts';
import { wasmCodec } from './zstd-wasm.ts';

/**
 * The codec of this Node.js: its own zstd (from 22.15 on), or else the native package where it is installed, and
 * WebAssembly otherwise.
 */
export function openCodec(): Codec {
  return builtinCodec() ?? nativeCodec() ?? wasmCodec();
}
