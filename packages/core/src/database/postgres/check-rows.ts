import { readFileSync } from 'node:fs';
import { builtFile } from '../../built-file.ts';
import { LockstepError } from '../../errors.ts';

// The compiler's library knows WebAssembly only together with a browser's whole world.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly Memory: new (limits: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Global: new (type: { value: 'i32'; mutable: true }) => { value: number };
};

/** See check-rows.wat. */
interface Checker {
  readonly input: Uint8Array;
  readonly check: (end: number, tabs: number, bare: number) => number;
  readonly tabs: { value: number };
  readonly field: { value: number };
  readonly mode: { value: number };
}

/** Bytes that are looked at in one call. They fit into the processor's cache. */
const sliceSize = 256 * 1024;

let loaded: Checker | undefined;

/**
 * What is wrong with rows in COPY's text format, undefined if nothing is: whole lines, the right number of fields in each,
 * nothing but the escapes that COPY writes.
 */
export function findWrongRow(rows: Uint8Array, columns: number): string | undefined {
  loaded ??= load();
  const { input, check, tabs, field, mode } = loaded;
  const wanted = Math.max(columns - 1, 0);
  tabs.value = 0;
  field.value = 0;
  mode.value = 0;
  for (let at = 0; at < rows.length; at += sliceSize) {
    const slice = rows.subarray(at, at + sliceSize);
    input.set(slice);
    switch (check(slice.length, wanted, columns === 0 ? 1 : 0)) {
      case 0:
        break;
      case 1:
        return `a row has ${tabs.value + 1} fields instead of ${wanted + 1}`;
      case 2:
        return 'a row of a table without columns has a field';
      case 3:
        return 'a row has an unknown escape';
      default:
        return 'a row has a control character that is not escaped';
    }
  }
  return field.value === 0 && tabs.value === 0 && mode.value === 0 ? undefined : 'the last row is cut off';
}

function load(): Checker {
  const module = new WebAssembly.Module(readFileSync(builtFile('database/postgres/check-rows.wasm')));
  const { memory, check, tabs, field, mode } = new WebAssembly.Instance(module).exports;
  const complete =
    memory instanceof WebAssembly.Memory &&
    typeof check === 'function' &&
    tabs instanceof WebAssembly.Global &&
    field instanceof WebAssembly.Global &&
    mode instanceof WebAssembly.Global;
  if (!complete) throw new LockstepError('INTERNAL', { reason: 'check-rows.wasm is not the module that was built' });
  return {
    input: new Uint8Array(memory.buffer, 0, sliceSize),
    check: (end, wanted, bare) => Number(check(end, wanted, bare)),
    tabs,
    field,
    mode,
  };
}
