/** Things that one user at a time may have. Whoever comes when all are taken waits for the turn, in order. */
export class Turns<T> {
  readonly #free: T[];
  readonly #waiting: ((thing: T) => void)[] = [];

  constructor(things: readonly T[]) {
    this.#free = [...things];
  }

  async take(): Promise<T> {
    const thing = this.#free.shift();
    if (thing !== undefined) return thing;
    return new Promise<T>((resolve) => this.#waiting.push(resolve));
  }

  give(thing: T): void {
    const next = this.#waiting.shift();
    if (next) next(thing);
    else this.#free.push(thing);
  }
}
