import { Worker } from 'node:worker_threads';
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

/** Threads that work on jobs in the order in which they came. An idle thread does not keep the process alive. */
export class ThreadPool {
  readonly size: number;
  readonly #idle: Worker[] = [];
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
    const workers = [...this.#idle.splice(0), ...this.#busy.keys()];
    this.#next();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #next(): void {
    if (this.#closed) {
      for (const task of this.#waiting.splice(0)) task.reject(interrupted());
      return;
    }
    while (this.#waiting.length > 0) {
      const worker = this.#idle.pop() ?? (this.#busy.size < this.size ? this.#start() : undefined);
      if (!worker) return;
      const task = this.#waiting.shift();
      if (!task) return;
      this.#busy.set(worker, task);
      worker.ref();
      worker.postMessage(task.job, [task.job.bytes.buffer]);
    }
  }

  #start(): Worker {
    const worker = new Worker(new URL('./zstd-worker.js', import.meta.url));
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
    if (task.last) void worker.terminate();
    else this.#idle.push(worker);
    worker.unref();
    if ('problem' in result) task.reject(new Error(result.problem));
    else task.resolve(piecesOf(result.bytes, result.checksum));
    this.#next();
  }

  /** The thread is gone, on its own or because it was told to. */
  #fail(worker: Worker, error: Error): void {
    const task = this.#busy.get(worker);
    this.#busy.delete(worker);
    const place = this.#idle.indexOf(worker);
    if (place >= 0) this.#idle.splice(place, 1);
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
