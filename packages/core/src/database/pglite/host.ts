import { Worker } from 'node:worker_threads';
import { builtFile } from '../../built-file.ts';
import { reasonOf } from '../../errors.ts';
import { compiledCode } from './compiled-code.ts';
import type { WorkerData, WorkerTask, WorkerWord } from './worker-messages.ts';

/**
 * Postgres bounds the depth of its recursion at 2 MB of its own stack. The thread's stack must have room for what that
 * takes outside of it (more than 32 MB was seen), or a deep expression would end the engine instead of failing.
 */
const stackSizeMb = 128;

/** Runs a thread to its end. Throws an Error with the reason if that is not the one that was wanted. */
export async function runWorker(task: WorkerTask): Promise<void> {
  await new Host(task).ended;
}

/** The thread of an embedded database, which listens on a socket. */
export class Host {
  /** Settles when the thread has ended: rejects if it was not asked to. */
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  readonly #ready: Promise<void>;
  #over = false;

  constructor(task: WorkerTask) {
    this.#worker = new Worker(builtFile('database/pglite/worker.js'), {
      workerData: { ...task, code: compiledCode() } satisfies WorkerData,
      execArgv: [],
      resourceLimits: { stackSizeMb },
      name: 'lockstep pglite',
    });
    const listening = new Promise<void>((resolve) => {
      this.#worker.on('message', (word: WorkerWord) => {
        if (word.kind === 'ready') resolve();
      });
    });
    this.ended = new Promise((resolve, reject) => {
      let reason = '';
      let ended = false;
      this.#worker.on('message', (word: WorkerWord) => {
        if (word.kind === 'ended') ended = true;
        if (word.kind === 'died') reason = word.reason;
      });
      this.#worker.on('error', (error) => {
        reason = reasonOf(error);
      });
      this.#worker.on('exit', (code) => {
        this.#over = true;
        if (ended) resolve();
        else reject(new Error(reason || `its thread ended with code ${code}`));
      });
    });
    this.#ready = Promise.race([listening, this.ended]);
    // Who waits for neither learns of it from the clients, whose connections end.
    this.ended.catch(() => undefined);
    this.#ready.catch(() => undefined);
  }

  /** Opens the database in a folder that is locked and whole. Throws an Error with the reason. */
  static async start(task: WorkerTask): Promise<Host> {
    const host = new Host(task);
    await host.#ready;
    return host;
  }

  /** Closes the database, unless it is over: transactions that are still open are rolled back. */
  async stop(): Promise<void> {
    if (this.#over) return;
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origins
    this.#worker.postMessage('close');
    await this.ended;
  }

  /** Ends the thread wherever it is, as kill -9 would. */
  async kill(): Promise<void> {
    await this.#worker.terminate();
  }
}
