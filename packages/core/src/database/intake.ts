import { Socket } from 'node:net';

/** What one call of the system reads at most. */
const readBytes = 256 * 1024;

const intakes = new WeakMap<object, Intake>();

/** The intake of a connection that is not encrypted. */
export function intakeOf(stream: object): Intake | undefined {
  return intakes.get(stream);
}

/**
 * The receiving end of a connection: hands everything on to the driver, except while a COPY takes what comes for itself.
 * All reading goes into one buffer. The driver's own way leaves a buffer per read, and an object per row, to the garbage
 * collector, which is most of the time that reading takes.
 */
export class Intake {
  readonly socket: Socket;
  #taker: ((chunk: Buffer) => void) | undefined;

  constructor() {
    const buffer = Buffer.allocUnsafeSlow(readBytes);
    const callback = (size: number): boolean => {
      const chunk = buffer.subarray(0, size);
      if (this.#taker) this.#taker(chunk);
      else this.deliver(chunk);
      return true;
    };
    // The published types know the option only where it is too late.
    const options = { allowHalfOpen: false, onread: { buffer, callback } };
    this.socket = new Socket(options);
    intakes.set(this.socket, this);
  }

  /** From here on `taker` gets what comes, in a buffer that is used again when it returns; undefined: the driver. */
  divert(taker: ((chunk: Buffer) => void) | undefined): void {
    this.#taker = taker;
  }

  /** Gives bytes to the driver. They are copied. */
  deliver(chunk: Buffer): void {
    this.socket.emit('data', Buffer.from(chunk));
  }
}
