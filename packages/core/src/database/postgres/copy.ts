import type { Duplex } from 'node:stream';
import type pg from 'pg';
import { Command } from './command.ts';
import type { CopyConnection } from './command.ts';

/** Rows are handed on in pieces of about this size. */
const pieceBytes = 512 * 1024;
/** Pieces that wait for the consumer before the socket is paused. */
const piecesAhead = 3;
const newline = 0x0a;

/**
 * COPY ... TO STDOUT as pieces of whole lines, read no faster than they are used. Memory stays at a few pieces and the
 * longest row.
 */
export class CopyOut extends Command {
  readonly #pieces: Buffer[] = [];
  #piece = Buffer.allocUnsafe(pieceBytes);
  #used = 0;
  #socket: Duplex | undefined;
  #paused = false;
  #settled = false;
  #wake: () => void = () => undefined;

  override submit(connection: pg.Connection): void {
    this.#socket = connection.stream;
    const settle = (): void => {
      this.#settled = true;
      this.#wake();
    };
    this.done.then(settle, settle);
    super.submit(connection);
  }

  /** The next piece; undefined at the end. Rejects with the server's error. */
  async next(): Promise<Buffer | undefined> {
    while (this.#pieces.length === 0 && !this.#settled) {
      this.#resume();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const piece = this.#pieces.shift();
    if (this.#pieces.length < piecesAhead) this.#resume();
    if (piece !== undefined) return piece;
    await this.done;
    return undefined;
  }

  override handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    // The driver uses its buffer again, so the bytes are copied right here.
    if (this.#used + chunk.length > this.#piece.length) this.#makeRoom(chunk.length);
    chunk.copy(this.#piece, this.#used);
    this.#used += chunk.length;
  }

  override handleCommandComplete(message: { readonly text: string }): void {
    super.handleCommandComplete(message);
    this.#handOn(this.#used);
  }

  /** Hands on the whole lines so far. What follows the last line end stays for the next piece. */
  #makeRoom(needed: number): void {
    const end = this.#used === 0 ? 0 : this.#piece.subarray(0, this.#used).lastIndexOf(newline) + 1;
    const rest = this.#piece.subarray(end, this.#used);
    this.#handOn(end);
    const piece = Buffer.allocUnsafe(Math.max(pieceBytes, (rest.length + needed) * (rest.length === 0 ? 1 : 2)));
    rest.copy(piece);
    this.#piece = piece;
    this.#used = rest.length;
  }

  #handOn(end: number): void {
    if (end === 0) return;
    this.#pieces.push(this.#piece.subarray(0, end));
    if (this.#pieces.length >= piecesAhead) this.#pause();
    this.#wake();
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#socket?.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket?.resume();
  }
}

/** Bytes in one message to the server. */
const messageBytes = 1024 * 1024;
const copyDone = Buffer.from([0x63, 0, 0, 0, 4]);

/** COPY ... FROM STDIN of one Buffer of whole lines. Its bytes may not change until `done` settles. */
export class CopyIn extends Command {
  readonly #rows: Buffer;

  constructor(text: string, rows: Buffer) {
    super(text);
    this.#rows = rows;
  }

  /** Writes the messages around the caller's bytes, which the driver's own call would copy. */
  override handleCopyInResponse(connection: CopyConnection): void {
    const { stream } = connection;
    stream.cork();
    for (let start = 0; start < this.#rows.length; start += messageBytes) {
      const bytes = this.#rows.subarray(start, start + messageBytes);
      const head = Buffer.allocUnsafe(5);
      head[0] = 0x64;
      head.writeUInt32BE(bytes.length + 4, 1);
      stream.write(head);
      stream.write(bytes);
    }
    stream.write(copyDone);
    stream.uncork();
  }
}
