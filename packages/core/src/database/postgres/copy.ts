import type { Duplex } from 'node:stream';
import type pg from 'pg';
import { Command } from './command.ts';
import type { CopyConnection } from './command.ts';
import { CopyStream } from './copy-stream.ts';
import { intakeOf } from '../intake.ts';

/** Rows are handed on in pieces of at most this size, unless one row is longer: a piece makes a frame. */
const pieceBytes = 2 * 1024 * 1024 - 64 * 1024;
/** Small tables are not worth a large buffer. */
const firstBytes = 64 * 1024;
/** Pieces that wait for the consumer before the socket is paused. */
const piecesAhead = 1;
const newline = 0x0a;

/**
 * COPY ... TO STDOUT as pieces of whole lines, read no faster than they are used. Memory stays at a few pieces and the
 * longest row.
 */
export class CopyOut extends Command {
  readonly #pieces: Buffer[] = [];
  /** Handed on last: it may be filled again when the next one is asked for. */
  #lent: Buffer | undefined;
  #spare: Buffer | undefined;
  #piece: Buffer = Buffer.allocUnsafeSlow(firstBytes);
  #used = 0;
  #socket: Duplex | undefined;
  #paused = false;
  #settled = false;
  #wake: () => void = () => undefined;

  constructor(text: string) {
    super(text);
    const settle = (): void => {
      this.#settled = true;
      this.#wake();
    };
    // Here and not in `submit`: the driver fails a command on a broken connection without submitting it.
    this.done.then(settle, settle);
  }

  override submit(connection: pg.Connection): void {
    this.#socket = connection.stream;
    const intake = intakeOf(connection.stream);
    if (intake) new CopyStream(intake, (rows) => this.#add(rows)).begin();
    super.submit(connection);
  }

  /**
   * The next piece; undefined at the end. Rejects with the server's error. The memory of the piece before is used again, if
   * that was not one of a long row.
   */
  async next(): Promise<Buffer | undefined> {
    if (this.#lent?.buffer.byteLength === pieceBytes) this.#spare = Buffer.from(this.#lent.buffer);
    this.#lent = undefined;
    while (this.#pieces.length === 0 && !this.#settled) {
      this.#resume();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const piece = this.#pieces.shift();
    if (this.#pieces.length < piecesAhead) this.#resume();
    this.#lent = piece;
    if (piece !== undefined) return piece;
    await this.done;
    return undefined;
  }

  /** True when the server has nothing more to say. */
  get isOver(): boolean {
    return this.#settled;
  }

  /** Called by the driver where the connection is encrypted. */
  override handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    this.#add(chunk);
  }

  override handleCommandComplete(message: { readonly text: string }): void {
    super.handleCommandComplete(message);
    this.#handOn(this.#used);
  }

  /** The memory is used again, so the bytes are copied right here. Where they are cut does not matter. */
  #add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += this.#fill(bytes.subarray(at));
  }

  /** Takes as many bytes as there is room for, and of a row that is longer than a piece no more than its end. */
  #fill(bytes: Uint8Array): number {
    if (this.#used === this.#piece.length) this.#makeRoom();
    const isLong = this.#piece.length > pieceBytes;
    const lineEnd = isLong ? bytes.indexOf(newline) + 1 : 0;
    const room = this.#piece.length - this.#used;
    const ends = lineEnd > 0 && lineEnd <= room;
    const part = bytes.subarray(0, ends ? lineEnd : room);
    this.#piece.set(part, this.#used);
    this.#used += part.length;
    if (ends) this.#begin(this.#used);
    return part.length;
  }

  /** The piece is full. */
  #makeRoom(): void {
    const { length } = this.#piece;
    const end = length < pieceBytes ? 0 : this.#piece.lastIndexOf(newline) + 1;
    if (end > 0) return this.#begin(end);
    const larger = Buffer.allocUnsafeSlow(length < pieceBytes ? Math.min(pieceBytes, length * 4) : length * 2);
    this.#piece.copy(larger);
    this.#piece = larger;
  }

  /** Hands on the whole lines so far, and begins a new piece with what stands behind them. */
  #begin(end: number): void {
    const rest = this.#piece.subarray(end, this.#used);
    const piece = this.#spare ?? Buffer.allocUnsafeSlow(pieceBytes);
    this.#spare = undefined;
    rest.copy(piece);
    this.#handOn(end);
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
