import type { RunOptions } from '@lockstep/core';
import type { Catalog } from '../catalog.ts';
import type { EntityKind } from '../entities/kind.ts';
import { emptyTally } from './tally.ts';
import type { Tally } from './tally.ts';

/** One run of an ingestion: what it writes to, and what it has done so far. */
export class Run {
  readonly catalog: Catalog;
  readonly #options: RunOptions;
  readonly #tallies = new Map<string, Tally>();
  #done = 0;
  #total = 0;

  constructor(catalog: Catalog, options: RunOptions) {
    this.catalog = catalog;
    this.#options = options;
  }

  tally(kind: EntityKind): Tally {
    const tally = this.#tallies.get(kind.type) ?? emptyTally();
    this.#tallies.set(kind.type, tally);
    return tally;
  }

  /** More tables are to be read. */
  expect(tables: number): void {
    this.#total += tables;
  }

  /** So many more tables are done. Ends the run here if the caller wants it to end. */
  async advance(tables: number): Promise<void> {
    this.#done += tables;
    const total = Math.max(this.#total, this.#done);
    await this.#options.onProgress?.({ kind: 'count', what: 'tables', done: this.#done, total });
    this.#options.signal?.throwIfAborted();
  }
}
