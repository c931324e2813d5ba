import type { Socket } from 'node:net';
import { errorResponse, MessageReader } from './messages.ts';
import type { ErrorFields, Message } from './messages.ts';
import { readStartup } from './startup.ts';
import type { Startup } from './startup.ts';

/** What a connection is used for, once its first packet has told it. */
export interface Role {
  /** Takes a message. A returned promise keeps further ones from being read until it settles. */
  message(message: Message): Promise<void> | undefined;
  /** The connection is gone. Called once. */
  closed(): void;
}

/** Answers are handed to the socket in pieces of about this size. */
const pieceBytes = 64 * 1024;
/** Nothing more is read from a client that leaves so much of its answers waiting. */
const mostWaiting = 1024 * 1024;

/** One client's socket: cuts what comes into messages, one at a time, and collects what goes out. */
export class Connection {
  readonly #socket: Socket;
  readonly #reader = new MessageReader();
  readonly #accept: (startup: Startup, connection: Connection) => Role;
  #role: Role | undefined;
  #pieces: Buffer[] = [];
  #size = 0;
  #waiting = false;

  constructor(socket: Socket, accept: (startup: Startup, connection: Connection) => Role) {
    this.#socket = socket;
    this.#accept = accept;
    socket.on('data', (chunk) => {
      this.#reader.push(chunk);
      this.#read();
    });
    // What is wrong with the socket does not matter: `close` follows, and the client is gone.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#role?.closed();
      this.#role = undefined;
    });
  }

  /** Collects bytes for the client. They are copied. */
  write(bytes: Uint8Array): void {
    this.#pieces.push(Buffer.from(bytes));
    this.#size += bytes.length;
    if (this.#size >= pieceBytes) this.flush();
  }

  flush(): void {
    if (this.#size === 0) return;
    if (!this.#socket.destroyed) this.#socket.write(Buffer.concat(this.#pieces));
    this.#pieces = [];
    this.#size = 0;
  }

  /** Tells the client why it is let go, and closes. */
  fail(error: Omit<ErrorFields, 'severity'>): void {
    this.write(errorResponse({ severity: 'FATAL', ...error }));
    this.end();
  }

  end(): void {
    this.flush();
    this.#socket.end(() => this.#socket.destroy());
  }

  #read(): void {
    try {
      while (!this.#waiting && !this.#socket.destroyed) {
        const message = this.#reader.next();
        if (message === undefined) break;
        const done = this.#role === undefined ? this.#begin(message) : this.#role.message(message);
        this.flush();
        if (done !== undefined) void this.#wait(done);
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.fail({ code: '08P01', message: error.message });
    }
  }

  #begin({ body }: Message): undefined {
    const startup = readStartup(body);
    if (startup === 'refuse encryption') this.write(Buffer.from('N'));
    else if (startup === 'cancel') this.end();
    else {
      this.#reader.started();
      this.#role = this.#accept(startup, this);
    }
  }

  /** Reads on when the answer is complete and most of it is on its way. */
  async #wait(done: Promise<void>): Promise<void> {
    this.#waiting = true;
    this.#socket.pause();
    await done;
    this.flush();
    if (this.#socket.writableLength > mostWaiting) this.#socket.once('drain', () => this.#goOn());
    else this.#goOn();
  }

  #goOn(): void {
    this.#waiting = false;
    this.#socket.resume();
    this.#read();
  }
}
