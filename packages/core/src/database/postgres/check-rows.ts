import type { WasmNumber } from '../../web-assembly.ts';
import { WasmInstance } from '../../web-assembly.ts';

/** See check-rows.wat. */
interface Checker {
  readonly input: Uint8Array;
  readonly check: (end: number, tabs: number, bare: number) => number;
  readonly tabs: WasmNumber;
  readonly field: WasmNumber;
  readonly mode: WasmNumber;
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
  const wasm = new WasmInstance('database/postgres/check-rows.wasm');
  return {
    input: new Uint8Array(wasm.memory.buffer, 0, sliceSize),
    check: wasm.call('check'),
    tabs: wasm.number('tabs'),
    field: wasm.number('field'),
    mode: wasm.number('mode'),
  };
}
