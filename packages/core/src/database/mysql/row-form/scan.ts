import type { Form } from './forms.ts';

const quote = 0x27;
const backslash = 0x5c;

/** Bytes that cannot stand in a quoted string: they end it, escape, or are written as an escape. */
const special = new Uint8Array(256);
for (const byte of [0x00, 0x0a, 0x0d, 0x1a, quote, backslash]) special[byte] = 1;

/** Letters behind a backslash. */
const escapes = new Uint8Array(256);
for (const letter of "0nrZ'\\") escapes[letter.charCodeAt(0)] = 1;

/**
 * The end of the literal that begins at `at`, or -1 if there is none of the given form. Without a form, any will do.
 */
export function literalEnd(bytes: Buffer, at: number, form: Form | undefined): number {
  const first = bytes[at] ?? 0;
  if (first === 0x4e) return wordEnd(bytes, at, 'NULL');
  if (first === quote) {
    const end = stringEnd(bytes, at);
    // The only string that a number or bytes may be is the empty one, for no bytes.
    if (form === 'number' || form === 'double' || (form === 'bytes' && end !== at + 2)) return -1;
    return end;
  }
  if (first === 0x30 && bytes[at + 1] === 0x78)
    return form === 'bytes' || form === 'ascii' || !form ? hexEnd(bytes, at) : -1;
  return form === 'number' || form === 'double' || !form ? numberEnd(bytes, at) : -1;
}

function wordEnd(bytes: Buffer, at: number, word: string): number {
  const end = at + word.length;
  return bytes.toString('latin1', at, end) === word ? end : -1;
}

function stringEnd(bytes: Buffer, start: number): number {
  let at = start + 1;
  for (;;) {
    while (at < bytes.length && special[bytes[at] ?? 0] === 0) at += 1;
    if (bytes[at] === quote) return at + 1;
    if (bytes[at] !== backslash || escapes[bytes[at + 1] ?? 0] === 0) return -1;
    at += 2;
  }
}

function hexEnd(bytes: Buffer, start: number): number {
  let at = start + 2;
  while (isHex(bytes[at] ?? 0)) at += 1;
  return at > start + 2 && (at - start) % 2 === 0 ? at : -1;
}

function numberEnd(bytes: Buffer, start: number): number {
  let at = digitsEnd(bytes, bytes[start] === 0x2d ? start + 1 : start);
  if (at === -1) return -1;
  if (bytes[at] === 0x2e) at = digitsEnd(bytes, at + 1);
  if (at === -1 || bytes[at] !== 0x65) return at;
  const signed = bytes[at + 1] === 0x2d || bytes[at + 1] === 0x2b;
  return digitsEnd(bytes, signed ? at + 2 : at + 1);
}

function digitsEnd(bytes: Buffer, start: number): number {
  let at = start;
  while ((bytes[at] ?? 0) >= 0x30 && (bytes[at] ?? 0) <= 0x39) at += 1;
  return at > start ? at : -1;
}

function isHex(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66);
}
