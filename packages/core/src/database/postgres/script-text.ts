/** Walking over the bytes of a script between its statements. All offsets count bytes of UTF-8. */

const lineEnd = 0x0a;
const carriageReturn = 0x0d;
const [dash, slash, star] = [0x2d, 0x2f, 0x2a];

/** The offset of the first byte at or after `from` that is neither white space nor part of a comment. */
export function skipBlank(bytes: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const byte = bytes[at];
    if (byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d)) at++;
    else if (byte === dash && bytes[at + 1] === dash) at = endOfLine(bytes, at);
    else if (byte === slash && bytes[at + 1] === star) at = endOfComment(bytes, at);
    else return Math.min(at, bytes.length);
  }
}

function endOfLine(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== lineEnd && bytes[at] !== carriageReturn) at++;
  return at;
}

/** Comments nest in Postgres. */
function endOfComment(bytes: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] === slash && bytes[at + 1] === star) depth++;
    else if (bytes[at] === star && bytes[at + 1] === slash) depth--;
    else continue;
    at++;
    if (depth === 0) return at + 1;
  }
  return bytes.length;
}

/** Line and column of an offset, both from 1. Columns count characters. */
export function placeOf(bytes: Buffer, offset: number): { readonly line: number; readonly column: number } {
  const before = bytes.subarray(0, offset);
  const start = before.lastIndexOf(lineEnd) + 1;
  return { line: countLines(before) + 1, column: Array.from(before.subarray(start).toString()).length + 1 };
}

/** How many line ends there are. */
export function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(lineEnd); at !== -1; at = bytes.indexOf(lineEnd, at + 1)) count++;
  return count;
}
