import { WasmInstance } from '../../web-assembly.ts';
import type { WasmNumber } from '../../web-assembly.ts';
import type { Intake } from '../intake.ts';

/** A message of the server: its type, and its length without the type (4 bytes, big-endian). */
const headBytes = 5;
const readyForQuery = 0x5a;

/** Bytes that are looked at in one call. */
const sliceBytes = 256 * 1024;

/** See copy-data.wat. */
interface Kernel {
  readonly input: Uint8Array;
  readonly takeRows: (end: number) => number;
  readonly left: WasmNumber;
  readonly out: WasmNumber;
}

let loaded: Kernel | undefined;

/**
 * Stands between the server and the driver for the length of one COPY ... TO STDOUT: the content of CopyData messages goes
 * to `add` without their heads, every other message to the driver. Ends with ReadyForQuery.
 */
export class CopyStream {
  readonly #intake: Pick<Intake, 'divert' | 'deliver'>;
  readonly #add: (rows: Uint8Array) => void;
  /** A head that is not whole yet. */
  readonly #cut = Buffer.alloc(headBytes);
  #cutBytes = 0;
  /** Bytes that are still to come: of the CopyData message, and of another one. */
  #left = 0;
  #otherLeft = 0;
  #isLast = false;

  /** `add` gets rows in memory that is used again when it returns. */
  constructor(intake: Pick<Intake, 'divert' | 'deliver'>, add: (rows: Uint8Array) => void) {
    this.#intake = intake;
    this.#add = add;
  }

  /** From here on, to the end of the COPY. */
  begin(): void {
    this.#intake.divert((chunk) => this.#take(chunk));
  }

  #take(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      rest = this.#otherLeft > 0 ? this.#passOn(rest) : this.#takeRows(rest);
    }
  }

  /** Takes what belongs to rows. Returns what stands behind them: the body of another message. */
  #takeRows(bytes: Buffer): Buffer {
    loaded ??= load();
    const { input, left, out, takeRows } = loaded;
    const kept = this.#cutBytes;
    const slice = bytes.subarray(0, sliceBytes - kept);
    input.set(this.#cut.subarray(0, kept));
    input.set(slice, kept);
    const end = kept + slice.length;
    left.value = this.#left;
    const stopped = takeRows(end);
    this.#left = left.value;
    // The head of another message, or a part of a head.
    this.#cutBytes = Math.min(headBytes, end - stopped);
    this.#cut.set(input.subarray(stopped, stopped + this.#cutBytes));
    if (out.value > 0) this.#add(input.subarray(0, out.value));
    const taken = stopped + this.#cutBytes - kept;
    if (this.#cutBytes === headBytes) this.#beginOther();
    return bytes.subarray(taken);
  }

  #beginOther(): void {
    this.#cutBytes = 0;
    this.#otherLeft = this.#cut.readUInt32BE(1) - 4;
    this.#isLast = this.#cut[0] === readyForQuery;
    this.#intake.deliver(this.#cut);
  }

  /** Hands the body of another message on. Returns what stands behind it. */
  #passOn(bytes: Buffer): Buffer {
    const body = bytes.subarray(0, this.#otherLeft);
    this.#otherLeft -= body.length;
    const isOver = this.#isLast && this.#otherLeft === 0;
    if (isOver) this.#intake.divert(undefined);
    this.#intake.deliver(isOver ? bytes : body);
    return bytes.subarray(isOver ? bytes.length : body.length);
  }
}

function load(): Kernel {
  const wasm = new WasmInstance('database/postgres/copy-data.wasm');
  return {
    input: new Uint8Array(wasm.memory.buffer, 0, sliceBytes),
    takeRows: wasm.call('take_rows'),
    left: wasm.number('left'),
    out: wasm.number('out'),
  };
}
