import type { WasmNumber } from '../../../web-assembly.ts';
import { WasmInstance } from '../../../web-assembly.ts';
import type { Form } from './forms.ts';
import { forms } from './forms.ts';

/** Where the text begins in the memory of statements.wat. */
const textAt = 0x10000;
/** Bytes of 0 behind the text. */
const padding = 32;
const page = 64 * 1024;

/** The memory never shrinks: an instance that had a text like this is let go. */
const keepUpTo = 16 * 1024 * 1024;

interface Kernel {
  readonly memory: WasmInstance['memory'];
  readonly unwrap: (end: number, columns: number, known: number) => number;
  readonly wrap: (from: number, to: number, out: number) => number;
  readonly countLines: (from: number, to: number) => number;
  readonly at: WasmNumber;
  readonly out: WasmNumber;
}

let loaded: Kernel | undefined;

/** The most bytes that {@link punctuate} makes of so many. A line has three at least, and gets one more. */
export function punctuatedSize(bytes: number): number {
  return Math.ceil((bytes * 4) / 3);
}

/** Writes the rows with `,` behind each, and `;` behind the last. Returns what has been written of the target. */
export function punctuate(rows: Buffer, target: Buffer): Buffer {
  return withText(rows, punctuatedSize(rows.length), ({ wrap, memory }, end) => {
    const out = end + padding;
    const size = wrap(textAt, end, out) - out;
    target.set(new Uint8Array(memory.buffer, out, size));
    return target.subarray(0, size);
  });
}

export function countLines(lines: Buffer): number {
  return lines.length === 0 ? 0 : withText(lines, 0, (kernel, end) => kernel.countLines(textAt, end));
}

/** What is wrong with a text, and the place of the byte. */
export interface Wrong {
  readonly what: 'head' | 'row' | 'end';
  readonly at: number;
}

/**
 * The rows of statements that all begin with `head`, as lines. Rows that are `known` to be right are not looked at closely.
 * The columns have these forms; one without a form takes any literal.
 */
export function linesOf(
  text: Buffer,
  head: Buffer,
  columns: readonly (Form | undefined)[],
  known: boolean,
): Buffer | Wrong {
  return withText(text, 0, (kernel, end) => {
    const bytes = new Uint8Array(kernel.memory.buffer);
    bytes.set(columns.map((form) => (form === undefined ? forms.length : forms.indexOf(form))));
    kernel.out.value = textAt;
    for (let at = 0; at < text.length; at = kernel.at.value - textAt) {
      if (!text.subarray(at, at + head.length).equals(head)) return { what: 'head', at };
      kernel.at.value = textAt + at + head.length;
      const wrong = kernel.unwrap(end, columns.length, known ? 1 : 0);
      if (wrong !== 0) return { what: wrong === 1 ? 'row' : 'end', at: kernel.at.value - textAt };
    }
    return copyOf(kernel.memory, textAt, kernel.out.value);
  });
}

/** Puts a text into the memory, with room for `more` behind it. `work` gets the place of its end. */
function withText<T>(text: Buffer, more: number, work: (kernel: Kernel, end: number) => T): T {
  loaded ??= load();
  const kernel = loaded;
  const end = textAt + text.length;
  const missing = end + padding + more + padding - kernel.memory.buffer.byteLength;
  if (missing > 0) kernel.memory.grow(Math.ceil(missing / page));
  const bytes = new Uint8Array(kernel.memory.buffer);
  bytes.set(text, textAt);
  bytes.fill(0, end, end + padding);
  if (bytes.length > keepUpTo) loaded = undefined;
  return work(kernel, end);
}

function copyOf(memory: Kernel['memory'], from: number, to: number): Buffer {
  return Buffer.from(new Uint8Array(memory.buffer, from, to - from));
}

function load(): Kernel {
  const wasm = new WasmInstance('database/mysql/row-form/statements.wasm');
  return {
    memory: wasm.memory,
    unwrap: wasm.call('unwrap'),
    wrap: wasm.call('wrap'),
    countLines: wasm.call('count_lines'),
    at: wasm.number('at'),
    out: wasm.number('out'),
  };
}
