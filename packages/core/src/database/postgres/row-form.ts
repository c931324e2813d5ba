import { isUtf8 } from 'node:buffer';
import { LockstepError } from '../../errors.ts';
import type { RowForm, TableShape } from '../database.ts';
import { findWrongRow } from './check-rows.ts';
import { quote, quoteTable } from './quote.ts';

/**
 * A row is a line of COPY's text format: fields between tabs, `\N` for NULL, and a backslash before what would
 * otherwise end a field or a line.
 */
export const postgresRows: RowForm = { encode, wrap, wrapInPieces, unwrap, project };

/** The table and its columns as COPY names them. */
export function copyTarget(table: TableShape): string {
  if (table.columns.length === 0) return quoteTable(table);
  return `${quoteTable(table)} (${table.columns.map((column) => quote(column.name)).join(', ')})`;
}

const escapes: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

function encode(table: TableShape, values: readonly (string | Buffer | null)[]): string {
  if (values.length !== table.columns.length) {
    throw new LockstepError('INTERNAL', { reason: `a row of ${table.label} has ${values.length} values` });
  }
  return `${values.map(encodeValue).join('\t')}\n`;
}

function encodeValue(value: string | Buffer | null): string {
  if (value === null) return '\\N';
  if (typeof value !== 'string') return `\\\\x${value.toString('hex')}`;
  // oxlint-disable-next-line no-control-regex -- these are the characters that COPY escapes
  return value.replace(/[\b\f\n\r\t\v\\]/g, (character) => escapes[character] ?? character);
}

const endOfRows = Buffer.from('\\.\n');

function wrap(table: TableShape, rows: Buffer): Buffer {
  return Buffer.concat(wrapInPieces(table, rows));
}

function wrapInPieces(table: TableShape, rows: Buffer): Buffer[] {
  return [headOf(table), rows, endOfRows];
}

function headOf(table: TableShape): Buffer {
  return Buffer.from(`COPY ${copyTarget(table)} FROM stdin;\n`);
}

/** Throws FILE_DAMAGED with the detail `file` empty: whoever knows the file puts its name in. */
function unwrap(table: TableShape, text: Buffer, checked = false): Buffer {
  const head = headOf(table);
  const end = text.length - endOfRows.length;
  if (end < head.length || !text.subarray(0, head.length).equals(head)) {
    throw damaged(table, 'a frame does not begin with the COPY statement of its table');
  }
  if (!text.subarray(end).equals(endOfRows)) throw damaged(table, 'a frame does not end with the end of the rows');
  const rows = text.subarray(head.length, end);
  if (checked) return rows;
  if (!isUtf8(rows)) throw damaged(table, 'rows are not UTF-8');
  const wrong = findWrongRow(rows, table.columns.length);
  if (wrong !== undefined) throw damaged(table, wrong);
  return rows;
}

const tab = 0x09;
const newline = 0x0a;

function project(rows: Buffer, positions: readonly number[]): Buffer {
  const keep = new Uint8Array((positions.at(-1) ?? 0) + 1);
  for (const position of positions) keep[position] = 1;
  const first = positions[0] ?? -1;
  const out = Buffer.allocUnsafe(rows.length);
  let length = 0;
  let column = 0;
  let keeping = first === 0;
  for (let at = 0; at < rows.length; at++) {
    const byte = rows[at] ?? 0;
    if (byte === newline) {
      out[length++] = newline;
      column = 0;
      keeping = first === 0;
    } else if (byte === tab) {
      column++;
      keeping = keep[column] === 1;
      if (keeping && column !== first) out[length++] = tab;
    } else if (keeping) {
      out[length++] = byte;
    }
  }
  return out.subarray(0, length);
}

function damaged(table: TableShape, reason: string): LockstepError {
  return new LockstepError('FILE_DAMAGED', { file: '', reason: `table ${table.label}: ${reason}` });
}
