import type { Connection, FieldPacket } from 'mysql2';
import { LockstepError } from '../../errors.ts';

/**
 * Gets a row of a result as the bytes of its packet: the values one after the other, each with its length before it
 * (see {@link readLength}). The bytes are reused afterwards, so they have to be copied at once.
 */
export type OnRow = (bytes: Buffer, start: number, end: number) => void;

export interface RawResult {
  /** Names of the columns of the last result; empty where the statement gives no rows. */
  readonly columns: readonly string[];
  /** Rows changed, or found by an UPDATE that leaves them as they are. */
  readonly changed: number;
  readonly warnings: number;
}

/**
 * Sends one statement and hands on its rows as they stand in the packets: no value is parsed or kept. This takes the
 * place of the driver's own handling of rows, `Query.prototype.row`, which is no public part of it; the version of
 * mysql2 is pinned, and tests hold its form.
 */
export function sendRaw(connection: Connection, text: string, onRow: OnRow): Promise<RawResult> {
  return new Promise((resolve, reject) => {
    let warnings = 0;
    // With `values` null, the text is sent as it is: a question mark in it stands for nothing else.
    const query = connection.query({ sql: text, values: null }, (error, result: unknown, fields: unknown) => {
      if (error) reject(error);
      else resolve({ ...readHeader(result, warnings), columns: columnsOf(fields) });
    });
    const original: unknown = Reflect.get(query, 'row');
    if (typeof original !== 'function') throw changed('a query has no method "row"');
    const row = (packet: unknown, from: unknown): unknown => {
      const { buffer, offset, end } = readPacket(packet);
      // The end of the rows: a short packet that begins with 0xfe, then the number of warnings.
      if (buffer[offset] === 0xfe && end - offset < 9) {
        warnings += buffer.readUInt16LE(offset + 1);
        return Reflect.apply(original, query, [packet, from]);
      }
      onRow(buffer, offset, end);
      return row;
    };
    Object.defineProperty(query, 'row', { value: row });
  });
}

export function readPacket(packet: unknown): {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
} {
  if (typeof packet === 'object' && packet !== null && 'buffer' in packet && 'offset' in packet && 'end' in packet) {
    const { buffer, offset, end } = packet;
    if (Buffer.isBuffer(buffer) && typeof offset === 'number' && typeof end === 'number')
      return { buffer, offset, end };
  }
  throw changed('a packet has no buffer, offset and end');
}

function readHeader(result: unknown, warnings: number): Pick<RawResult, 'changed' | 'warnings'> {
  if (typeof result !== 'object' || result === null || !('affectedRows' in result)) return { changed: 0, warnings };
  const more = 'warningStatus' in result ? Number(result.warningStatus) : 0;
  return { changed: Number(result.affectedRows), warnings: warnings + more };
}

function columnsOf(fields: unknown): string[] {
  if (!Array.isArray(fields)) return [];
  return fields.flatMap((field: unknown) => (isField(field) ? [field.name] : []));
}

function isField(field: unknown): field is Pick<FieldPacket, 'name'> {
  return typeof field === 'object' && field !== null && 'name' in field && typeof field.name === 'string';
}

export function changed(reason: string): LockstepError {
  return new LockstepError('INTERNAL', { reason: `this version of mysql2 is not the expected one: ${reason}` });
}

/** The byte that stands for NULL in place of a length. */
export const nullByte = 0xfb;

/** The length of a value, whose first byte is at `at` and is not NULL's. The value follows behind `lengthSize` bytes. */
export function readLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < nullByte) return first;
  if (first === 0xfc) return bytes.readUInt16LE(at + 1);
  if (first === 0xfd) return bytes.readUIntLE(at + 1, 3);
  return Number(bytes.readBigUInt64LE(at + 1));
}

/** How many bytes the length itself takes. */
export function lengthSize(first: number): number {
  if (first < nullByte) return 1;
  if (first === 0xfc) return 3;
  return first === 0xfd ? 4 : 9;
}
