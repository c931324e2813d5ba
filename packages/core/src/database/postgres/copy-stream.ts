import type { Intake } from '../intake.ts';

/** A message of the server: its type, and its length without the type (4 bytes, big-endian). */
const headBytes = 5;
const copyData = 0x64;
const readyForQuery = 0x5a;

/**
 * Stands between the server and the driver for the length of one COPY ... TO STDOUT: the content of CopyData messages goes
 * to `add` without their heads, every other message to the driver. Ends with ReadyForQuery.
 */
export class CopyStream {
  readonly #intake: Pick<Intake, 'divert' | 'deliver'>;
  readonly #add: (chunk: Buffer, from: number, to: number) => void;
  /** A head that is not whole yet. */
  readonly #head = Buffer.alloc(headBytes);
  #headUsed = 0;
  #type = 0;
  /** Bytes of the message that are still to come. */
  #left = 0;

  constructor(intake: Pick<Intake, 'divert' | 'deliver'>, add: (chunk: Buffer, from: number, to: number) => void) {
    this.#intake = intake;
    this.#add = add;
  }

  /** From here on, to the end of the COPY. */
  begin(): void {
    this.#intake.divert((chunk) => this.#take(chunk));
  }

  #take(chunk: Buffer): void {
    let at = this.#continue(chunk);
    while (at < chunk.length) {
      if (chunk.length - at < headBytes) {
        this.#headUsed = chunk.copy(this.#head, 0, at);
        return;
      }
      const end = at + 1 + lengthAt(chunk, at);
      if (chunk[at] === copyData && end <= chunk.length) {
        this.#add(chunk, at + headBytes, end);
        at = end;
      } else {
        this.#beginMessage(chunk, at);
        at = this.#body(chunk, at + headBytes);
      }
    }
  }

  /** What belongs to a message that an earlier chunk began. Returns where the next one begins. */
  #continue(chunk: Buffer): number {
    if (this.#headUsed === 0) return this.#left > 0 ? this.#body(chunk, 0) : 0;
    const taken = chunk.copy(this.#head, this.#headUsed, 0, headBytes - this.#headUsed);
    this.#headUsed += taken;
    if (this.#headUsed < headBytes) return taken;
    this.#headUsed = 0;
    this.#beginMessage(this.#head, 0);
    return this.#body(chunk, taken);
  }

  #beginMessage(head: Buffer, at: number): void {
    this.#type = head[at] ?? 0;
    this.#left = lengthAt(head, at) - 4;
    if (this.#type !== copyData) this.#intake.deliver(head.subarray(at, at + headBytes));
  }

  #body(chunk: Buffer, from: number): number {
    const end = Math.min(chunk.length, from + this.#left);
    this.#left -= end - from;
    if (this.#type === copyData) {
      this.#add(chunk, from, end);
      return end;
    }
    const isLast = this.#type === readyForQuery && this.#left === 0;
    if (isLast) this.#intake.divert(undefined);
    if (end > from) this.#intake.deliver(chunk.subarray(from, isLast ? chunk.length : end));
    return isLast ? chunk.length : end;
  }
}

function lengthAt(chunk: Buffer, at: number): number {
  return chunk.readUInt32BE(at + 1);
}
