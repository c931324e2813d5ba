import { readFileSync } from 'node:fs';
import { builtFile } from '../built-file.ts';
import { LockstepError } from '../errors.ts';

// The compiler's library knows WebAssembly only together with a browser's whole world.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly Memory: new (limits: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Global: new (type: { value: 'i64'; mutable: true }) => { value: bigint };
};

/** What the WebAssembly module made from row-hash.wat offers. */
export interface DigestKernel {
  readonly input: Uint8Array;
  /** Sums up the rows between two places of the input; returns where it stopped. See row-hash.wat. */
  add(from: number, to: number): number;
  /** Sets the counts to 0. */
  clear(): void;
  /** The sum of the hashes since `clear`, modulo 2^128. */
  sum(): bigint;
  rows(): number;
}

/** Bytes that are hashed in one call. They fit into the processor's cache, which makes it faster. */
export const sliceSize = 256 * 1024;

let loaded: DigestKernel | undefined;

/** The kernel, made at its first use. One is enough: a call of `TableDigest.add` has it from beginning to end. */
export function digestKernel(): DigestKernel {
  loaded ??= load();
  return loaded;
}

function load(): DigestKernel {
  const module = new WebAssembly.Module(readFileSync(builtFile('backup/row-hash.wasm')));
  const { memory, add, sum_low: low, sum_high: high, rows } = new WebAssembly.Instance(module).exports;
  const complete =
    memory instanceof WebAssembly.Memory &&
    typeof add === 'function' &&
    low instanceof WebAssembly.Global &&
    high instanceof WebAssembly.Global &&
    rows instanceof WebAssembly.Global;
  if (!complete) throw new LockstepError('INTERNAL', { reason: 'row-hash.wasm is not the module that was built' });

  return {
    input: new Uint8Array(memory.buffer, 0, sliceSize),
    add: (from, to) => Number(add(from, to)),
    clear() {
      low.value = 0n;
      high.value = 0n;
      rows.value = 0n;
    },
    sum: () => BigInt.asUintN(64, low.value) | (BigInt.asUintN(64, high.value) << 64n),
    rows: () => Number(rows.value),
  };
}
