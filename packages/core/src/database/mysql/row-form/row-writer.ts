import type { Form } from './forms.ts';

const comma = 0x2c;
const quote = 0x27;
const backslash = 0x5c;
const open = 0x28;
const close = 0x29;
const newline = 0x0a;

/** What stands behind the backslash for a byte that has to be escaped; 0 for the others. */
const escapeOf = new Uint8Array(256);
for (const [byte, letter] of [
  [0x00, '0'],
  [0x0a, 'n'],
  [0x0d, 'r'],
  [0x1a, 'Z'],
  [quote, "'"],
  [backslash, '\\'],
] as const) {
  escapeOf[byte] = letter.charCodeAt(0);
}

const hexDigits = Buffer.from('0123456789abcdef');

/** Writes values as lines of literals into a buffer that grows as needed. Rows of a server are written by RowLines. */
export class RowWriter {
  readonly #forms: readonly Form[];
  #out: Buffer;
  #length = 0;

  constructor(forms: readonly Form[], capacity = 64 * 1024) {
    this.#forms = forms;
    this.#out = Buffer.allocUnsafe(capacity);
  }

  /** What has been written, in a buffer of its own. */
  take(): Buffer {
    const taken = Buffer.from(this.#out.subarray(0, this.#length));
    this.#length = 0;
    // A giant row must not be paid for until the end of the table.
    if (this.#out.length > 8 * 1024 * 1024) this.#out = Buffer.allocUnsafe(1024 * 1024);
    return taken;
  }

  /** Adds a row of values: text as the server writes it, bytes as they are. */
  addValues(values: readonly (string | Buffer | null)[]): void {
    this.#begin();
    for (const [index, form] of this.#forms.entries()) {
      if (index > 0) this.#out[this.#length++] = comma;
      const value = values[index] ?? null;
      const bytes = typeof value === 'string' ? Buffer.from(value) : value;
      if (bytes === null) this.#null();
      else this.#value(form, bytes, 0, bytes.length);
    }
    this.#end();
  }

  #begin(): void {
    this.#reserve(8);
    this.#out[this.#length++] = open;
  }

  #end(): void {
    this.#reserve(8);
    this.#out[this.#length++] = close;
    this.#out[this.#length++] = newline;
  }

  #null(): void {
    this.#reserve(8);
    this.#length += this.#out.write('NULL', this.#length, 'latin1');
  }

  #value(form: Form, bytes: Buffer, from: number, to: number): void {
    // At most two bytes for each, quotes or `0x` around, `e0` behind; and room for a comma and the end of the row.
    this.#reserve((to - from) * 2 + 16);
    if (form === 'text') this.#text(bytes, from, to);
    else if (form === 'number') this.#plain(bytes, from, to);
    else if (form === 'double') this.#double(bytes, from, to);
    else if (form === 'ascii' && isAscii(bytes, from, to)) this.#text(bytes, from, to);
    else this.#hex(bytes, from, to);
  }

  #text(bytes: Buffer, from: number, to: number): void {
    const out = this.#out;
    let at = this.#length;
    out[at++] = quote;
    for (let index = from; index < to; index += 1) {
      const byte = bytes[index] ?? 0;
      const letter = escapeOf[byte] ?? 0;
      if (letter === 0) {
        out[at++] = byte;
      } else {
        out[at++] = backslash;
        out[at++] = letter;
      }
    }
    out[at++] = quote;
    this.#length = at;
  }

  #plain(bytes: Buffer, from: number, to: number): void {
    const out = this.#out;
    let at = this.#length;
    for (let index = from; index < to; index += 1) out[at++] = bytes[index] ?? 0;
    this.#length = at;
  }

  #double(bytes: Buffer, from: number, to: number): void {
    this.#plain(bytes, from, to);
    for (let index = from; index < to; index += 1) if (bytes[index] === 0x65) return;
    this.#length += this.#out.write('e0', this.#length, 'latin1');
  }

  #hex(bytes: Buffer, from: number, to: number): void {
    if (from === to) return this.#text(bytes, from, to);
    const out = this.#out;
    let at = this.#length;
    out[at++] = 0x30;
    out[at++] = 0x78;
    for (let index = from; index < to; index += 1) {
      const byte = bytes[index] ?? 0;
      out[at++] = hexDigits[byte >> 4] ?? 0;
      out[at++] = hexDigits[byte & 15] ?? 0;
    }
    this.#length = at;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#out.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#out.length * 2, this.#length + bytes));
    this.#out.copy(larger, 0, 0, this.#length);
    this.#out = larger;
  }
}

function isAscii(bytes: Buffer, from: number, to: number): boolean {
  for (let index = from; index < to; index += 1) if ((bytes[index] ?? 0) >= 0x80) return false;
  return true;
}
