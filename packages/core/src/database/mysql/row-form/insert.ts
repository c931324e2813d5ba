import type { TableShape } from '../../database.ts';
import { quote } from '../quote.ts';

const newline = 0x0a;
const comma = 0x2c;
const semicolon = 0x3b;

/** A statement grows until it has so many bytes; a row that is larger has its own. */
const statementSize = 1024 * 1024;

/** The line before the rows. */
export function insertHead(table: TableShape): string {
  return `INSERT INTO ${quote(table.name)} (${table.columns.map(({ name }) => quote(name)).join(',')}) VALUES\n`;
}

/** Where each statement's rows begin and end: whole lines, about a megabyte of them. */
export function* insertRanges(rows: Buffer): Generator<{ readonly from: number; readonly to: number }> {
  let from = 0;
  let to = 0;
  while (to < rows.length) {
    const found = rows.indexOf(newline, to);
    const end = found === -1 ? rows.length : found + 1;
    if (to > from && end - from > statementSize) {
      yield { from, to };
      from = to;
    }
    to = end;
  }
  if (to > from) yield { from, to };
}

/** The rows of a range with `,` behind each, and `;` behind the last. */
export function insertRows(rows: Buffer, from: number, to: number): Buffer {
  const out = Buffer.allocUnsafe((to - from) * 2);
  let length = 0;
  for (let at = from; at < to; at += 1) {
    const byte = rows[at] ?? 0;
    if (byte === newline) out[length++] = at === to - 1 ? semicolon : comma;
    out[length++] = byte;
  }
  return out.subarray(0, length);
}
