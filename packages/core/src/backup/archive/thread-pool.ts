import { Worker } from 'node:worker_threads';
import { builtFile } from '../../built-file.ts';
import { LockstepError, reasonOf } from '../../errors.ts';
import { SpareMemory } from './spare-memory.ts';
import { checksumBytes } from './zstd-frame.ts';
import type { Job, Reply } from './zstd-worker.ts';

interface Task {
  readonly job: Job;
  /** End the thread after this task. */
  readonly last: boolean;
  readonly resolve: (pieces: Buffer[]) => void;
  readonly reject: (error: Error) => void;
}

/** How long a thread waits for another job before it ends, in milliseconds. */
const patience = 1000;

/**
 * Threads that work on jobs in the order in which they came. They start when they are needed and end when they are not; an
 * idle one does not keep the process alive.
 */
export class ThreadPool {
  readonly size: number;
  readonly #idle = new Map<Worker, NodeJS.Timeout>();
  readonly #busy = new Map<Worker, Task>();
  readonly #waiting: Task[] = [];
  readonly #memory: SpareMemory;
  #closed = false;

  constructor(size: number) {
    this.size = size;
    this.#memory = new SpareMemory(size + 2);
  }

  /**
   * Compresses the pieces put together, or decompresses them if there is no level. With `last`, the thread is replaced
   * afterwards. The pieces are copied before this returns.
   */
  run(pieces: readonly Uint8Array[], level: number | undefined, last: boolean): Promise<Buffer[]> {
    const job = { bytes: this.#memory.filled(pieces), level };
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, last, resolve, reject });
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const workers = [...this.#idle.keys(), ...this.#busy.keys()];
    this.#next();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #next(): void {
    if (this.#closed) {
      for (const task of this.#waiting.splice(0)) task.reject(interrupted());
      return;
    }
    while (this.#waiting.length > 0) {
      const worker = this.#takeIdle() ?? (this.#busy.size < this.size ? this.#start() : undefined);
      if (!worker) return;
      const task = this.#waiting.shift();
      if (!task) return;
      this.#busy.set(worker, task);
      worker.ref();
      worker.postMessage(task.job, [task.job.bytes.buffer]);
    }
  }

  #takeIdle(): Worker | undefined {
    const [first] = this.#idle;
    if (!first) return undefined;
    const [worker, timer] = first;
    clearTimeout(timer);
    this.#idle.delete(worker);
    return worker;
  }

  #retire(worker: Worker): void {
    this.#idle.delete(worker);
    void worker.terminate();
  }

  #start(): Worker {
    const worker = new Worker(builtFile('backup/archive/zstd-worker.js'));
    worker.on('message', (reply: Reply) => this.#finish(worker, reply));
    worker.on('error', (error) => this.#fail(worker, error));
    worker.on('exit', () => this.#fail(worker, interrupted()));
    return worker;
  }

  #finish(worker: Worker, { result, memory }: Reply): void {
    this.#memory.give(memory);
    const task = this.#busy.get(worker);
    if (!task) return;
    this.#busy.delete(worker);
    // While `close` waits for the end of a thread, it has to keep the process alive.
    if (!this.#closed) worker.unref();
    if (task.last) void worker.terminate();
    else this.#idle.set(worker, setTimeout(() => this.#retire(worker), patience).unref());
    if ('problem' in result) task.reject(new Error(result.problem));
    else task.resolve(piecesOf(result.bytes, result.checksum));
    this.#next();
  }

  /** The thread is gone, on its own or because it was told to. */
  #fail(worker: Worker, error: Error): void {
    const task = this.#busy.get(worker);
    this.#busy.delete(worker);
    clearTimeout(this.#idle.get(worker));
    this.#idle.delete(worker);
    task?.reject(
      error instanceof LockstepError
        ? error
        : new LockstepError('INTERNAL', { reason: reasonOf(error) }, { cause: error }),
    );
    this.#next();
  }
}

function piecesOf(bytes: Uint8Array, checksum: number | undefined): Buffer[] {
  const first = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return checksum === undefined ? [first] : [first, checksumBytes(checksum)];
}

function interrupted(): LockstepError {
  return new LockstepError('INTERNAL', { reason: 'a compression thread ended before its work was done' });
}
