import type { Snapshot, TablePart, TableShape } from '../database/database.ts';
import type { RunOptions } from '../progress.ts';

/** One part of a table, and its rows: chunks of whole lines. */
export interface PartOfTable {
  readonly table: TableShape;
  readonly rows: AsyncIterable<Buffer>;
}

interface Task {
  readonly table: TableShape;
  readonly part: TablePart;
}

/**
 * Works through all parts of the tables with all readers of the snapshot, the largest parts first. `work` is called for
 * each part, for as many at a time as there are readers, and has to read it to its end.
 *
 * The first failure, or the signal, stops all readers, and is what is thrown. They may still be waiting for the server
 * then: closing the snapshot ends them.
 */
export async function readParts(
  snapshot: Snapshot,
  tables: readonly TableShape[],
  work: (part: PartOfTable) => Promise<void>,
  options: RunOptions = {},
): Promise<void> {
  const tasks = await tasksOf(snapshot, tables);
  const counter = new Counter(tasks, options);
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const queue = tasks.values();
  const reader = async (): Promise<void> => {
    for (const { table, part } of queue) {
      signal.throwIfAborted();
      await work({ table, rows: counter.count(part, untilAborted(snapshot.read(table, part), signal)) });
    }
  };
  const readers = Array.from({ length: snapshot.readers }, async () => {
    try {
      await reader();
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  });
  const results = await Promise.allSettled(readers);
  if (signal.aborted) throw signal.reason;
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

async function tasksOf(snapshot: Snapshot, tables: readonly TableShape[]): Promise<Task[]> {
  const tasks: Task[] = [];
  for (const table of tables) for (const part of await snapshot.parts(table)) tasks.push({ table, part });
  return tasks.toSorted((left, right) => right.part.bytes - left.part.bytes);
}

/** What comes before the signal, which ends the waiting for more at once. */
async function* untilAborted(source: AsyncIterable<Buffer>, signal: AbortSignal): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]();
  let abort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
  });
  aborted.catch(() => undefined);
  signal.addEventListener('abort', abort);
  try {
    for (;;) {
      const chunk = await Promise.race([chunks.next(), aborted]);
      if (chunk.done) return;
      yield chunk.value;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    // Not awaited: a reader that waits for the server ends when the snapshot is closed.
    void chunks.return?.().catch(() => undefined);
  }
}

/** Tells how much of the estimated bytes on disk has been read. */
class Counter {
  readonly #options: RunOptions;
  readonly #total: number;
  #done = 0;

  constructor(tasks: readonly Task[], options: RunOptions) {
    this.#options = options;
    this.#total = tasks.reduce((sum, { part }) => sum + part.bytes, 0);
  }

  /** Counts what comes by. Rows may be longer or shorter than on disk: a part counts for its estimate at its end. */
  async *count(part: TablePart, rows: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let left = part.bytes;
    for await (const chunk of rows) {
      yield chunk;
      const step = Math.min(left, chunk.length);
      left -= step;
      await this.#add(step);
    }
    await this.#add(left);
  }

  async #add(bytes: number): Promise<void> {
    this.#done += bytes;
    const [done, total] = [Math.round(this.#done), Math.round(this.#total)];
    await this.#options.onProgress?.({ kind: 'count', what: 'read', done, total, unit: 'bytes' });
  }
}
