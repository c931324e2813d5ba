/**
 * Work that starts side by side and ends in the order in which it came, with a limit to how much is under way. After a
 * failure nothing more is ended, and the failure is thrown by every later call.
 */
export class OrderedQueue {
  readonly #maxTasks: number;
  readonly #maxBytes: number;
  #tasks = 0;
  #bytes = 0;
  #admitted: Promise<void> = Promise.resolve();
  #ended: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;

  constructor(maxTasks: number, maxBytes: number) {
    this.#maxTasks = maxTasks;
    this.#maxBytes = maxBytes;
  }

  /** Returns when the work has started, which waits until there is room for so many bytes. One task always has room. */
  push<T>(bytes: number, start: () => Promise<T>, end: (result: T) => Promise<void>): Promise<void> {
    this.#admitted = this.#admitted.then(() => this.#admit(bytes, start, end));
    return this.#admitted;
  }

  /** Waits until everything has ended. */
  async drain(): Promise<void> {
    await this.#admitted;
    await this.#ended;
    this.#throwFailure();
  }

  async #admit<T>(bytes: number, start: () => Promise<T>, end: (result: T) => Promise<void>): Promise<void> {
    while (!this.#failure && this.#isFull(bytes)) await new Promise<void>((wake) => (this.#wake = wake));
    this.#throwFailure();
    this.#tasks += 1;
    this.#bytes += bytes;
    const started = start();
    // It is awaited in its turn; an error before that must not end the process.
    started.catch(() => undefined);
    const before = this.#ended;
    this.#ended = (async () => {
      await before;
      try {
        if (!this.#failure) await end(await started);
      } catch (error) {
        this.#failure ??= { error };
      }
      this.#tasks -= 1;
      this.#bytes -= bytes;
      this.#wake();
    })();
  }

  #isFull(bytes: number): boolean {
    return this.#tasks >= this.#maxTasks || (this.#tasks > 0 && this.#bytes + bytes > this.#maxBytes);
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
