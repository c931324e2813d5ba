import type { KnownTables } from './known-tables.ts';

/** A transaction that is open for long: a statement that needs a strong lock waits for it, and others wait behind. */
export interface LongTransaction {
  /** For people: `process 4711 (report, idle in transaction)`. */
  readonly who: string;
  readonly seconds: number;
  /** The tables of the product that it holds locks on; empty if that is not known. */
  readonly tables: readonly string[];
}

/** What a server says before migrations run. */
export interface Survey {
  readonly tables: KnownTables;
  readonly transactions: readonly LongTransaction[];
  /** What could not be seen, and why. */
  readonly notes: readonly string[];
}

/** Transactions that are younger count as on their way. */
export const longSeconds = 5;
