import { bytes, duration, grouped } from './numbers.ts';

/** How long one looks back for the rate, in milliseconds. */
const memory = 10_000;

/** How fast a count goes, and how long it will take to its end. */
export class Pace {
  #what = '';
  #marks: { readonly at: number; readonly done: number }[] = [];

  /** Takes down how far the count is. Another count begins anew. */
  note(what: string, done: number, now = Date.now()): void {
    if (what !== this.#what) this.#marks = [];
    this.#what = what;
    const last = this.#marks.at(-1);
    // Some marks a second are enough.
    if (last && now - last.at < 200) return;
    this.#marks.push({ at: now, done });
    while (this.#marks.length > 2 && now - (this.#marks[1]?.at ?? now) >= memory) this.#marks.shift();
  }

  /** `, 120.4 MB/s, 12 s left`, or `, 4,000/s, 12 s left`; empty as long as nothing can be said. */
  words(total: number, unit?: 'bytes'): string {
    const [first, last] = [this.#marks[0], this.#marks.at(-1)];
    if (!first || !last || last.at - first.at < 1000 || last.done <= first.done) return '';
    const rate = (last.done - first.done) / (last.at - first.at);
    const left = duration(Math.round(Math.max(0, total - last.done) / rate / 1000) * 1000);
    const speed = unit === 'bytes' ? bytes(rate * 1000) : grouped(Math.round(rate * 1000));
    return `, ${speed}/s, ${left.replace(/\.0 s$/, ' s').replace('0 ms', '0 s')} left`;
  }
}
