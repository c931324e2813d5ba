import { LockstepError } from '../../errors.ts';
import type { TableShape } from '../database.ts';
import type { ColumnShape } from '../../shape/shape.ts';
import { quote } from './quote.ts';
import { formOf } from './row-form/forms.ts';
import { RowWriter } from './row-form/row-writer.ts';
import type { Wire } from './wire.ts';

/** A chunk is handed on when it has so many bytes. */
const chunkSize = 256 * 1024;
/** So many chunks may wait before the server is held back. */
const waitingChunks = 4;

/**
 * The content of a table, or the rows that `range` picks, as lines in the row form, in the order of the primary key. Chunks hold whole rows. The
 * connection serves nothing else until the end; leaving early leaves it busy with the rest.
 */
export async function* readRows(
  wire: Wire,
  table: TableShape,
  primaryKey: readonly string[],
  range: string,
): AsyncGenerator<Buffer, void, undefined> {
  const writer = new RowWriter(table.columns.map(formOf), chunkSize * 2);
  const queue = new ChunkQueue(wire);
  const answer = fill(queue, writer, wire, table, selectOf(table, primaryKey, range));
  try {
    for (let chunk = await queue.next(); chunk !== undefined; chunk = await queue.next()) yield chunk;
    await answer;
  } finally {
    queue.leave();
  }
}

/** Reads to the end; an error goes to the reader of the queue. */
async function fill(
  queue: ChunkQueue,
  writer: RowWriter,
  wire: Wire,
  table: TableShape,
  select: string,
): Promise<void> {
  try {
    const { warnings } = await wire.stream(select, (bytes, start) => {
      if (queue.left) return;
      writer.addPacket(bytes, start);
      if (writer.length >= chunkSize) queue.push(writer.take());
    });
    if (warnings > 0) throw damaged(table, warnings);
    if (writer.length > 0) queue.push(writer.take());
    queue.end();
  } catch (error) {
    queue.fail(error);
  }
}

function selectOf(table: TableShape, primaryKey: readonly string[], range: string): string {
  const columns = table.columns.map(expressionOf).join(', ');
  // Otherwise the server may take another index that has all columns, and sort.
  const index = primaryKey.length === 0 ? '' : ' FORCE INDEX (PRIMARY)';
  const order = primaryKey.length === 0 ? '' : ` ORDER BY ${primaryKey.map(quote).join(', ')}`;
  const where = range === '' ? '' : ` WHERE ${range}`;
  return `SELECT ${columns === '' ? '1' : columns} FROM ${quote(table.name)}${index}${where}${order}`;
}

/** What has to be read of a column so that its value survives. */
function expressionOf(column: ColumnShape): string {
  const name = quote(column.name);
  const form = formOf(column);
  // As text, a FLOAT has six digits. The product is a DOUBLE with all of them, and keeps the sign of a zero.
  if (form === 'double') return `${name} * 1e0`;
  // MySQL keeps a decimal number in a document that was made by a function, and reads it back as a double. Only the
  // second form can be restored, and is the same before and after.
  if (column.type === 'json') return `CAST(CAST(${name} AS CHAR) AS JSON)`;
  const isText = /^(char|varchar|tinytext|text|mediumtext|longtext|enum|set)\b/.test(column.type);
  return isText && form !== 'text' ? `CAST(${name} AS BINARY)` : name;
}

function damaged(table: TableShape, warnings: number): LockstepError {
  const reason = `reading ${table.label} gave ${warnings} warnings: a value could not be read as it is, being larger than max_allowed_packet, for example`;
  return new LockstepError('STATEMENT_FAILED', { reason, statement: `SELECT ... FROM ${quote(table.name)}` });
}

/** Chunks between a connection that gives them and a reader that takes them. */
class ChunkQueue {
  readonly #wire: Wire;
  readonly #chunks: Buffer[] = [];
  #state: 'open' | 'ended' | 'left' = 'open';
  #error: unknown;
  #wake: () => void = () => undefined;
  #paused = false;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  get left(): boolean {
    return this.#state === 'left';
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    if (this.#chunks.length >= waitingChunks && !this.#paused) {
      this.#paused = true;
      this.#wire.pause();
    }
    this.#wake();
  }

  end(): void {
    if (this.#state === 'open') this.#state = 'ended';
    this.#wake();
  }

  fail(error: unknown): void {
    this.#error ??= error;
    this.end();
  }

  /** The next chunk, or undefined at the end. */
  async next(): Promise<Buffer | undefined> {
    // What was held back may come in at once.
    if (this.#chunks.length < waitingChunks / 2) this.#resume();
    while (this.#chunks.length === 0 && this.#state === 'open') {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#error !== undefined) throw this.#error;
    return this.#chunks.shift();
  }

  /** What still comes in is dropped. */
  leave(): void {
    if (this.#state === 'open') this.#state = 'left';
    this.#chunks.length = 0;
    this.#resume();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#wire.resume();
  }
}
