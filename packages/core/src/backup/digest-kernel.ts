import { WasmInstance } from '../web-assembly.ts';

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
  const wasm = new WasmInstance('backup/row-hash.wasm');
  const [low, high, rows] = [wasm.bigint('sum_low'), wasm.bigint('sum_high'), wasm.bigint('rows')];
  return {
    input: new Uint8Array(wasm.memory.buffer, 0, sliceSize),
    add: wasm.call('add'),
    clear() {
      low.value = 0n;
      high.value = 0n;
      rows.value = 0n;
    },
    sum: () => BigInt.asUintN(64, low.value) | (BigInt.asUintN(64, high.value) << 64n),
    rows: () => Number(rows.value),
  };
}
