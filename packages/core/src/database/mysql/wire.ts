import type { Connection } from 'mysql2';
import { LockstepError } from '../../errors.ts';
import type { Row } from '../database.ts';
import { failureOf } from './failure.ts';
import type { OnBytes } from './raw-bytes.ts';
import { sendForBytes } from './raw-bytes.ts';
import type { OnRow, RawResult } from './raw-rows.ts';
import { lengthSize, nullByte, readLength, sendRaw } from './raw-rows.ts';
import { sendBytes, sendFile } from './send.ts';
import type { SendResult } from './send.ts';

/** A connection of the driver: statements as text, answers as text. */
export class Wire {
  readonly id: string;
  readonly location: string;
  readonly #connection: Connection;
  /** Rejects when the connection is closed from this side; the driver itself then says nothing. */
  readonly #closed: Promise<never>;
  #reject: (error: unknown) => void = () => undefined;
  #running = 0;
  #heartbeat: NodeJS.Timeout | undefined;
  #beat: Promise<void> | undefined;

  constructor(connection: Connection, location: string) {
    this.#connection = connection;
    this.location = location;
    this.id = String(connection.threadId);
    this.#closed = new Promise<never>((_, reject) => {
      this.#reject = reject;
    });
    this.#closed.catch(() => undefined);
  }

  get busy(): boolean {
    return this.#running > 0;
  }

  /** Lets the server hear of this side from time to time, also while nothing is asked of it. */
  keepAlive(seconds: number): void {
    const beat = (): void => {
      if (!this.busy) this.#beat = this.#beOnceHeard();
    };
    this.#heartbeat ??= setInterval(beat, seconds * 1000).unref();
  }

  async #beOnceHeard(): Promise<void> {
    try {
      await this.run('DO 0');
    } catch {
      // What comes next fails as well, and tells.
    } finally {
      this.#beat = undefined;
    }
  }

  /** Sends a statement and drops its rows. */
  async run(text: string): Promise<RawResult> {
    return this.stream(text, () => undefined);
  }

  /** Sends a statement and returns its rows. */
  async rows(text: string): Promise<Row[]> {
    const packets: Buffer[] = [];
    // Decoded afterwards: an error inside of the driver would cost the connection.
    const { columns } = await this.stream(text, (bytes, start, end) =>
      packets.push(Buffer.from(bytes.subarray(start, end))),
    );
    return packets.map((packet) => {
      const values = readRow(packet, 0, packet.length);
      return Object.fromEntries(columns.map((name, index) => [name, values[index] ?? null]));
    });
  }

  /** The first value of the first row, byte for byte. */
  async bytes(text: string, column: number): Promise<Buffer | null> {
    let found: Buffer | null = null;
    await this.stream(text, (bytes, start) => {
      let at = start;
      for (let skip = 0; skip < column; skip += 1) at = valueEnd(bytes, at);
      found = bytes[at] === nullByte ? null : Buffer.from(valueAt(bytes, at));
    });
    return found;
  }

  /** Sends a statement and hands on its rows as bytes. Throws CONNECTION_LOST, PRIVILEGE_MISSING, STATEMENT_FAILED. */
  async stream(text: string, onRow: OnRow): Promise<RawResult> {
    return this.#answer(text, () => sendRaw(this.#connection, fitPacket(text), onRow));
  }

  /** The same, but the rows come in larger pieces: see `sendForBytes`. Nothing else may be going on. */
  async streamBytes(text: string, onBytes: OnBytes): Promise<RawResult> {
    return this.#answer(text, () => sendForBytes(this.#connection, fitPacket(text), onBytes));
  }

  /**
   * Sends a statement that gives no rows, as bytes in pieces. `name` stands for it in errors. Throws as `stream` does.
   */
  async send(name: string, statement: readonly Buffer[]): Promise<SendResult> {
    return this.#answer(name, () => sendBytes(this.#connection, statement));
  }

  /** Sends a LOAD DATA LOCAL and the bytes that it loads. Throws as `stream` does. */
  async sendFile(statement: string, file: Buffer): Promise<SendResult> {
    return this.#answer(statement, () => sendFile(this.#connection, statement, file));
  }

  /** Makes the connection as the server gives it, without another login. */
  async reset(): Promise<void> {
    await this.#answer(
      'RESET CONNECTION',
      () =>
        new Promise<void>((resolve, reject) => {
          this.#connection.reset((error) => (error ? reject(error) : resolve()));
        }),
    );
  }

  async #answer<T>(statement: string, send: () => Promise<T>): Promise<T> {
    if (this.#beat) await this.#beat;
    this.#running += 1;
    try {
      return await Promise.race([send(), this.#closed]);
    } catch (error) {
      throw failureOf(error, { location: this.location, statement });
    } finally {
      this.#running -= 1;
    }
  }

  /** Stops the answer from coming in, so that nothing piles up. */
  pause(): void {
    this.#connection.pause();
  }

  resume(): void {
    this.#connection.resume();
  }

  /** Takes leave of the server. */
  async end(): Promise<void> {
    clearInterval(this.#heartbeat);
    await new Promise<void>((resolve) => {
      this.#connection.end(() => resolve());
    });
    this.#close();
  }

  /** Breaks the connection off. What was running fails with CONNECTION_LOST. */
  destroy(): void {
    this.#connection.destroy();
    this.#close();
  }

  #close(): void {
    clearInterval(this.#heartbeat);
    this.#reject(
      new LockstepError('CONNECTION_LOST', { location: this.location, reason: 'it was closed on this side' }),
    );
  }
}

const largestPacket = 0xffffff;

/**
 * A statement is cut into packets of the largest size. The driver sends an empty packet too many, which the server takes
 * for the next statement, if the last one lacks one to three bytes to be full: blanks fill it. A packet is the text and
 * one byte before it.
 */
function fitPacket(text: string): string {
  if (text.length < largestPacket / 4) return text;
  const missing = largestPacket - ((Buffer.byteLength(text) + 1) % largestPacket);
  return missing <= 3 ? text + ' '.repeat(missing) : text;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readRow(bytes: Buffer, start: number, end: number): (string | null)[] {
  const values: (string | null)[] = [];
  for (let at = start; at < end; at = valueEnd(bytes, at)) {
    values.push(bytes[at] === nullByte ? null : decode(valueAt(bytes, at)));
  }
  return values;
}

function valueEnd(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  return first === nullByte ? at + 1 : at + lengthSize(first) + readLength(bytes, at);
}

function valueAt(bytes: Buffer, at: number): Buffer {
  const start = at + lengthSize(bytes[at] ?? 0);
  return bytes.subarray(start, start + readLength(bytes, at));
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    const reason = `a query gave bytes that are no text (${bytes.subarray(0, 20).toString('hex')} ...); ask for HEX() of them`;
    throw new LockstepError('INTERNAL', { reason });
  }
}
