import { LockstepError } from '../../errors.ts';
import type { TableShape } from '../database.ts';
import type { ColumnShape } from '../../shape/shape.ts';
import { LinesQueue } from './lines-queue.ts';
import { quote } from './quote.ts';
import { isExactNumber } from './row-form/document-number.ts';
import { formOf } from './row-form/forms.ts';
import type { LineForm, Lines } from './row-form/row-lines.ts';
import { RowLines, roomSize } from './row-form/row-lines.ts';
import type { Wire } from './wire.ts';

/** A chunk is handed on when it has so many bytes. */
const chunkSize = 256 * 1024;

/** Tables in whose documents a number was found that has to be converted by the server. */
const withDecimals = new WeakSet<TableShape>();

/**
 * The whole content of a table, or the rows that `range` picks, as lines in the row form, in the order of the primary
 * key. Chunks hold whole rows; the memory of one is used again when the next one is asked for. The connection serves
 * nothing else until the end; leaving early leaves it busy with the rest.
 *
 * MySQL keeps a decimal number in a document that was made by a function, and reads it back as a double. Only the second
 * form can be restored, and is the same before and after. Converting costs the server more than reading, so it is done
 * from the first such number on: the rows before it are the same either way.
 */
export async function* readRows(
  wire: Wire,
  table: TableShape,
  primaryKey: readonly string[],
  range: string,
): AsyncGenerator<Buffer, void, undefined> {
  let done = 0;
  if (!withDecimals.has(table)) {
    const reading = new Reading(wire, table, selectOf(table, primaryKey, range, false));
    for await (const { bytes, rows } of reading.lines()) {
      done += rows;
      yield bytes;
    }
    if (!reading.inexact) return;
    withDecimals.add(table);
  }
  for await (const lines of new Reading(wire, table, selectOf(table, primaryKey, range, true)).lines()) {
    const rest = withoutFirst(lines, done);
    done = Math.max(done - lines.rows, 0);
    if (rest.length > 0) yield rest;
  }
}

/** Memory of chunks that were used up. */
const spareRooms: Buffer[] = [];
const mostSpare = 12;

/** The answer to one statement. */
class Reading {
  readonly #wire: Wire;
  readonly #table: TableShape;
  readonly #select: string;
  readonly #queue: LinesQueue;
  readonly #writer: RowLines;
  /** The lines have ended before a row with a number that the server has to convert. */
  inexact = false;

  constructor(wire: Wire, table: TableShape, select: { readonly text: string; readonly forms: readonly LineForm[] }) {
    this.#wire = wire;
    this.#table = table;
    this.#select = select.text;
    this.#queue = new LinesQueue(wire);
    this.#writer = new RowLines(select.forms, isExactNumber);
  }

  async *lines(): AsyncGenerator<Lines, void, undefined> {
    const answer = this.#fill();
    try {
      for (let chunk = await this.#queue.next(); chunk !== undefined; chunk = await this.#queue.next()) {
        yield chunk;
        const { buffer } = chunk.bytes;
        if (buffer.byteLength === roomSize && spareRooms.length < mostSpare) spareRooms.push(Buffer.from(buffer));
      }
      await answer;
    } finally {
      this.#queue.leave();
    }
  }

  /** Reads to the end; an error goes to the reader of the queue. */
  async #fill(): Promise<void> {
    const [queue, writer] = [this.#queue, this.#writer];
    try {
      const { warnings } = await this.#wire.streamBytes(this.#select, (bytes) => {
        const behind = writer.write(bytes);
        if (writer.length >= chunkSize || (writer.inexact && writer.length > 0)) this.#handOn();
        return behind;
      });
      if (warnings > 0) throw damaged(this.#table, warnings);
      this.#handOn();
      this.inexact = writer.inexact;
      writer.close();
      queue.end();
    } catch (error) {
      queue.fail(error);
    }
  }

  #handOn(): void {
    if (this.#writer.length === 0) return;
    const lines = this.#writer.take(spareRooms.pop());
    if (!this.#queue.left) this.#queue.push(lines);
  }
}

/** What is left of the lines without so many rows. */
function withoutFirst({ bytes, rows }: Lines, count: number): Buffer {
  if (count >= rows) return Buffer.alloc(0);
  let at = 0;
  for (let row = 0; row < count; row += 1) at = bytes.indexOf('\n', at) + 1;
  return bytes.subarray(at);
}

function selectOf(
  table: TableShape,
  primaryKey: readonly string[],
  range: string,
  convert: boolean,
): { readonly text: string; readonly forms: readonly LineForm[] } {
  const columns = table.columns.map((column) => expressionOf(column, convert)).join(', ');
  // Otherwise the server may take another index that has all columns, and sort.
  const index = primaryKey.length === 0 ? '' : ' FORCE INDEX (PRIMARY)';
  const order = primaryKey.length === 0 ? '' : ` ORDER BY ${primaryKey.map(quote).join(', ')}`;
  const where = range === '' ? '' : ` WHERE ${range}`;
  return {
    text: `SELECT ${columns === '' ? '1' : columns} FROM ${quote(table.name)}${index}${where}${order}`,
    forms: table.columns.map((column) => (column.type === 'json' && !convert ? 'document' : formOf(column))),
  };
}

/** What has to be read of a column so that its value survives. */
function expressionOf(column: ColumnShape, convert: boolean): string {
  const name = quote(column.name);
  const form = formOf(column);
  // As text, a FLOAT has six digits. The product is a DOUBLE with all of them, and keeps the sign of a zero.
  if (form === 'double') return `${name} * 1e0`;
  if (column.type === 'json' && convert) return `CAST(CAST(${name} AS CHAR) AS JSON)`;
  const isText = /^(char|varchar|tinytext|text|mediumtext|longtext|enum|set)\b/.test(column.type);
  return isText && form !== 'text' ? `CAST(${name} AS BINARY)` : name;
}

function damaged(table: TableShape, warnings: number): LockstepError {
  const reason = `reading ${table.label} gave ${warnings} warnings: a value could not be read as it is, being larger than max_allowed_packet, for example`;
  return new LockstepError('STATEMENT_FAILED', { reason, statement: `SELECT ... FROM ${quote(table.name)}` });
}
