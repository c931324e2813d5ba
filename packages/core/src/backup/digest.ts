import { LockstepError } from '../errors.ts';
import { digestKernel, sliceSize } from './digest-kernel.ts';

/** The content of a table in two numbers, as reports and files carry it. */
export interface DigestResult {
  readonly rows: number;
  /** 32 hexadecimal digits. */
  readonly digest: string;
}

const newline = 0x0a;

/**
 * The digest of a table: its rows counted, and their hashes added up modulo 2^128. The order of the rows does not
 * matter, duplicates count. A row is one line in the family's row form (see `RowForm`), hashed without its `\n`.
 *
 * @example
 * const digest = new TableDigest();
 * for await (const lines of snapshot.read(table)) digest.add(lines);
 * console.log(digest.rows, digest.hex());
 */
export class TableDigest {
  #rows = 0;
  #sum = 0n;

  /** Adds whole lines: every row ends with `\n`. The buffer may have any size; 2 GB a second are usual. */
  add(lines: Uint8Array): void {
    if (lines.length === 0) return;
    if (lines[lines.length - 1] !== newline) {
      throw new LockstepError('INTERNAL', { reason: 'a chunk of rows ends within a row' });
    }
    const kernel = digestKernel();
    kernel.clear();
    let at = 0;
    while (at < lines.length) {
      const slice = lines.subarray(at, at + sliceSize);
      kernel.input.set(slice);
      at += kernel.add(0, slice.length);
    }
    this.#sum = BigInt.asUintN(128, this.#sum + kernel.sum());
    this.#rows += kernel.rows();
  }

  get rows(): number {
    return this.#rows;
  }

  /** The sum as 32 hexadecimal digits, the most significant first. */
  hex(): string {
    return this.#sum.toString(16).padStart(32, '0');
  }

  result(): DigestResult {
    return { rows: this.rows, digest: this.hex() };
  }

  /** The digest of all the rows of several digests: parts of one table that were read or loaded side by side. */
  static combine(parts: Iterable<TableDigest>): TableDigest {
    const whole = new TableDigest();
    for (const part of parts) {
      whole.#sum = BigInt.asUintN(128, whole.#sum + part.#sum);
      whole.#rows += part.#rows;
    }
    return whole;
  }
}
