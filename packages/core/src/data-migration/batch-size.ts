/** Rows of the first batch: nobody has seen how large they are. */
const first = 10;
/** Rows of the smallest and of the largest ones. */
const [smallest, largest] = [1, 10_000];
/** Bytes of the rows of a batch, as text. */
const memory = 16 * 1024 * 1024;

/** How many rows a batch should have to take about so long. */
export class BatchSize {
  readonly #target: number;
  #rows = first;
  #most = largest;

  constructor(targetMilliseconds: number) {
    this.#target = targetMilliseconds;
  }

  get rows(): number {
    return Math.max(1, Math.min(this.#rows, this.#most));
  }

  /** Takes down what a batch took. The next one is at most twice as large, and at least half. */
  note(batch: { readonly rows: number; readonly bytes: number; readonly milliseconds: number }): void {
    if (batch.rows === 0) return;
    const factor = this.#target / Math.max(batch.milliseconds, 1);
    const wanted = batch.rows * Math.min(2, Math.max(0.5, factor));
    this.#rows = Math.round(Math.min(largest, Math.max(smallest, wanted)));
    this.#most = Math.floor(memory / Math.max(1, batch.bytes / batch.rows));
  }
}
