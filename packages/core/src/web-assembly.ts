import { readFileSync } from 'node:fs';
import { builtFile } from './built-file.ts';
import { LockstepError } from './errors.ts';

// The compiler's library knows WebAssembly only together with a browser's whole world.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: Imports) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly Memory: new (limits: { initial: number }) => WasmMemory;
  readonly Global: new (type: { value: string; mutable: true }) => { value: number | bigint };
};

export type Imports = Readonly<Record<string, Readonly<Record<string, (...values: number[]) => number>>>>;

/** The memory of a module. `buffer` is another object when it has grown. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  /** By so many pages of 64 KB. */
  grow(pages: number): number;
}

/** A 32-bit number that a module and its caller share. */
export interface WasmNumber {
  value: number;
}

/** A 64-bit number that a module and its caller share. */
export interface WasmBigint {
  value: bigint;
}

const compiled = new Map<string, object>();

/** The compiled module of a file, which may be handed over to other threads. Compiled once. */
export function compileWasm(file: URL): object {
  const module = compiled.get(file.href) ?? new WebAssembly.Module(readFileSync(file));
  compiled.set(file.href, module);
  return module;
}

/**
 * An instance of a module that was built from a `.wat` file.
 *
 * @example
 * const wasm = new WasmInstance('database/postgres/check-rows.wasm');
 * const check = wasm.call('check');
 */
export class WasmInstance {
  readonly memory: WasmMemory;
  readonly #file: string;
  readonly #exports: Readonly<Record<string, unknown>>;

  constructor(file: string, imports: Imports = {}) {
    this.#file = file;
    this.#exports = new WebAssembly.Instance(compileWasm(builtFile(file)), imports).exports;
    const { memory } = this.#exports;
    if (!(memory instanceof WebAssembly.Memory)) throw this.#lacks('a memory');
    this.memory = memory;
  }

  call(name: string): (...values: number[]) => number {
    const found = this.#exports[name];
    if (typeof found !== 'function') throw this.#lacks(name);
    return (...values) => Number(found(...values));
  }

  number(name: string): WasmNumber {
    const found = this.#global(name);
    if (!isNumber(found)) throw this.#lacks(name);
    return found;
  }

  bigint(name: string): WasmBigint {
    const found = this.#global(name);
    if (!isBigint(found)) throw this.#lacks(name);
    return found;
  }

  #global(name: string): { value: number | bigint } {
    const found = this.#exports[name];
    if (found instanceof WebAssembly.Global) return found;
    throw this.#lacks(name);
  }

  #lacks(name: string): LockstepError {
    return new LockstepError('INTERNAL', {
      reason: `${this.#file} is not the module that was built: it lacks ${name}`,
    });
  }
}

function isNumber(global: { value: number | bigint }): global is WasmNumber {
  return typeof global.value === 'number';
}

function isBigint(global: { value: number | bigint }): global is WasmBigint {
  return typeof global.value === 'bigint';
}
