import { parentPort, workerData } from 'node:worker_threads';
import { reasonOf } from '../../errors.ts';
import { Bridge } from './bridge.ts';
import { Engine } from './engine.ts';
import { Housekeeping } from './housekeeping.ts';
import { syncFolder } from './sync-folder.ts';
import { isWorkerData } from './worker-messages.ts';
import type { WorkerData, WorkerTask, WorkerWord } from './worker-messages.ts';

/** The thread that PGlite runs in: its statements block whatever else the thread does. See host.ts. */
if (!isWorkerData(workerData)) throw new TypeError('This file is the thread of an embedded database.');
let bridge: Bridge | undefined;
process.on('uncaughtException', (error) => die(reasonOf(error)));
await work(workerData);

async function work({ code, ...task }: WorkerData): Promise<void> {
  const engine = await Engine.open(task.folder, code, die).catch((error: unknown) => die(reasonOf(error)));
  if (task.socket === undefined) return end(engine, task);
  bridge = new Bridge(engine, new Housekeeping(engine, task.folder, task.syncSince), task.idleSeconds);
  await bridge.listen(task.socket);
  say({ kind: 'ready' });
  parentPort?.once('message', () => void close(engine, task));
}

async function close(engine: Engine, task: WorkerTask): Promise<void> {
  await bridge?.close();
  await end(engine, task);
}

async function end(engine: Engine, { folder, syncSince }: WorkerTask): Promise<void> {
  await engine.close();
  if (syncSince !== undefined) await syncFolder(folder, syncSince);
  say({ kind: 'ended' });
  process.exit(0);
}

/** The engine can't go on. Whoever waits for it is told why, and the thread ends at once: it may be in its middle. */
function die(reason: string): never {
  bridge?.fail('57P02', `the embedded database stopped: ${reason}`);
  say({ kind: 'died', reason });
  process.exit(1);
}

function say(word: WorkerWord): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origins
  parentPort?.postMessage(word);
}
