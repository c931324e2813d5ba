import type { Lines } from './row-form/row-lines.ts';
import type { Wire } from './wire.ts';

/** So many chunks may wait before the server is held back. */
const waitingChunks = 4;

/** Chunks between a connection that gives them and a reader that takes them. */
export class LinesQueue {
  readonly #wire: Wire;
  readonly #chunks: Lines[] = [];
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

  push(chunk: Lines): void {
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
  async next(): Promise<Lines | undefined> {
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
