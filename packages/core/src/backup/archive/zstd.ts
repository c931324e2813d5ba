import type { Codec } from './codec.ts';
import { builtinCodec } from './zstd-builtin.ts';
import { wasmCodec } from './zstd-wasm.ts';

/** The codec of this Node.js: its own zstd (from 22.15 on), or else one in WebAssembly on threads of ours. */
export function openCodec(): Codec {
  return builtinCodec() ?? wasmCodec();
}
