import { LockstepError } from '../../../errors.ts';
import type { WasmNumber } from '../../../web-assembly.ts';
import { WasmInstance } from '../../../web-assembly.ts';
import type { Form } from './forms.ts';

/** How a column is written; a document is a text whose numbers are looked at. */
export type LineForm = Form | 'document';

/** In the order of the numbers that row-lines.wat gives them. */
const lineForms: readonly LineForm[] = ['number', 'double', 'text', 'ascii', 'bytes', 'document'];

/** Places in the memory of row-lines.wat. */
const formsAt = 1024;
const inputAt = 0x2000;
const inputSize = 64 * 1024;
const outputAt = 0x20000;

/** Memory for lines that can be used again. */
export const roomSize = 512 * 1024;

/** An instance for each result would leave its memory to the garbage collector. What had a giant row is let go. */
const spare: Kernel[] = [];
const mostSpare = 8;
const keepUpTo = 8 * 1024 * 1024;

interface Kernel {
  isExact: (at: number, length: number) => boolean;
  begin(): void;
  readonly memory: WasmInstance['memory'];
  encode(from: number, to: number): number;
  dropLines(): void;
  readonly columns: WasmNumber;
  readonly line: WasmNumber;
  readonly rows: WasmNumber;
  readonly stopped: WasmNumber;
  readonly inexactLine: WasmNumber;
  readonly inexactRows: WasmNumber;
}

/** Whole lines. */
export interface Lines {
  readonly bytes: Buffer;
  readonly rows: number;
}

/**
 * Turns the packets of a result into lines of the row form. `isExact` decides on a number of a document that may not
 * survive a restore; at the first that does not, writing ends before its row.
 */
export class RowLines {
  readonly #kernel: Kernel;
  #memory: Uint8Array;
  /** Bytes of the input that wait for more. */
  #kept = 0;
  #taken = 0;

  constructor(forms: readonly LineForm[], isExact: (number: string) => boolean) {
    this.#kernel = spare.pop() ?? load();
    this.#kernel.begin();
    this.#kernel.isExact = (at, length) => isExact(this.#text(at, length));
    this.#memory = new Uint8Array(this.#kernel.memory.buffer);
    this.#memory.set(
      forms.map((form) => lineForms.indexOf(form)),
      formsAt,
    );
    this.#kernel.columns.value = forms.length;
  }

  /** Bytes of whole lines that wait to be taken. */
  get length(): number {
    return this.#end - outputAt;
  }

  /** A row was left out, with all behind it, because a number in it would not survive. */
  get inexact(): boolean {
    return this.#kernel.inexactLine.value !== 0;
  }

  /** Reads on. Returns what stands behind the rows, from the head of its packet on, when they have come to an end. */
  write(bytes: Buffer): Buffer | undefined {
    const kernel = this.#kernel;
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + inputSize - this.#kept);
      this.#view().set(piece, inputAt + this.#kept);
      at += piece.length;
      const end = inputAt + this.#kept + piece.length;
      const stopped = kernel.encode(inputAt, end);
      const memory = this.#view();
      if (kernel.stopped.value === 1) return Buffer.concat([memory.subarray(stopped, end), bytes.subarray(at)]);
      if (kernel.stopped.value !== 0) throw unexpected('a row is not as long as its values');
      this.#kept = end - stopped;
      memory.copyWithin(inputAt, stopped, end);
      // Nothing that follows will be taken.
      if (this.inexact && this.length === 0) kernel.dropLines();
    }
    return undefined;
  }

  /** The whole lines so far, in `room` if it is large enough. */
  take(room: Buffer = Buffer.alloc(0)): Lines {
    const kernel = this.#kernel;
    const lines = this.#view().subarray(outputAt, this.#end);
    const enough = room.length >= lines.length ? room : Buffer.allocUnsafeSlow(Math.max(lines.length, roomSize));
    enough.set(lines);
    const bytes = enough.subarray(0, lines.length);
    const total = this.inexact ? kernel.inexactRows.value : kernel.rows.value;
    const rows = total - this.#taken;
    this.#taken = total;
    kernel.dropLines();
    if (this.inexact) kernel.inexactLine.value = outputAt;
    return { bytes, rows };
  }

  /** To be called when nothing more will be written or taken: the memory is used for another result. */
  close(): void {
    if (this.#kernel.memory.buffer.byteLength <= keepUpTo && spare.length < mostSpare) spare.push(this.#kernel);
  }

  get #end(): number {
    return this.inexact ? this.#kernel.inexactLine.value : this.#kernel.line.value;
  }

  /** The memory, which is another object when it has grown. */
  #view(): Uint8Array {
    const { buffer } = this.#kernel.memory;
    if (this.#memory.buffer !== buffer) this.#memory = new Uint8Array(buffer);
    return this.#memory;
  }

  #text(at: number, length: number): string {
    return Buffer.from(this.#view().subarray(at, at + length)).toString('latin1');
  }
}

function load(): Kernel {
  const host = { is_exact: (at = 0, length = 0) => (kernel.isExact(at, length) ? 1 : 0) };
  const wasm = new WasmInstance('database/mysql/row-form/row-lines.wasm', { host });
  const kernel: Kernel = {
    isExact: () => false,
    begin: wasm.call('begin'),
    memory: wasm.memory,
    encode: wasm.call('encode'),
    dropLines: wasm.call('drop_lines'),
    columns: wasm.number('columns'),
    line: wasm.number('line'),
    rows: wasm.number('rows'),
    stopped: wasm.number('stopped'),
    inexactLine: wasm.number('inexact_line'),
    inexactRows: wasm.number('inexact_rows'),
  };
  return kernel;
}

function unexpected(reason: string): LockstepError {
  return new LockstepError('INTERNAL', { reason });
}
