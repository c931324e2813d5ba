import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { LockstepError, reasonOf } from '../../errors.ts';
import type { FolderLock } from './folder-lock.ts';
import { inspectFolder } from './folder-state.ts';
import { Host } from './host.ts';
import { finishInitialise, initialise } from './initialise.ts';
import { removeSocketFolder, socketPath } from './socket-folder.ts';

export interface HostedParts {
  readonly folder: string;
  readonly lock: FolderLock;
  /** The folder of the socket. */
  readonly socket: string;
  readonly location: string;
  readonly idleSeconds: number;
  /** The files need not survive a loss of power. */
  readonly temporary: boolean;
}

/**
 * Starts the engine in a folder that this process has locked, making the database if the folder is empty. Returns what
 * closes it. Whenever and however the engine ends, the lock is released and the socket's folder removed.
 */
export async function startHosted(parts: HostedParts): Promise<() => Promise<void>> {
  const { folder, lock, socket, location, idleSeconds } = parts;
  const syncSince = parts.temporary ? {} : { syncSince: Date.now() };
  try {
    if (inspectFolder(folder) === 'whole') finishInitialise(folder);
    else await initialise(folder);
    // Left by a process that was killed. Postgres would look for a process with its number.
    rmSync(join(folder, 'postmaster.pid'), { force: true });
    const host = await startEngine({ folder, socket: socketPath(socket), idleSeconds, ...syncSince }, location);
    lock.keep(() => void host.kill());
    watch(host, parts);
    return () => stop(host, location);
  } catch (error) {
    giveUp(parts);
    throw error;
  }
}

async function startEngine(task: Parameters<typeof Host.start>[0], location: string): Promise<Host> {
  try {
    return await Host.start(task);
  } catch (error) {
    throw new LockstepError('SERVER_UNREACHABLE', { location, reason: reasonOf(error) }, { cause: error });
  }
}

/** Clients learn of the engine's death by their connections. With none open, a warning is all there is. */
function watch(host: Host, parts: HostedParts): void {
  const onExit = (): void => removeSocketFolder(parts.socket);
  // The lock stays at the exit of the process: the thread may still be writing, and a dead holder is replaced at once.
  process.once('exit', onExit);
  host.ended
    .catch((error: unknown) =>
      process.emitWarning(`The embedded database ${parts.location} stopped: ${reasonOf(error)}`),
    )
    .finally(() => {
      process.removeListener('exit', onExit);
      giveUp(parts);
    });
}

async function stop(host: Host, location: string): Promise<void> {
  try {
    await host.stop();
  } catch (error) {
    throw new LockstepError('CONNECTION_LOST', { location, reason: reasonOf(error) }, { cause: error });
  }
}

function giveUp({ lock, socket }: HostedParts): void {
  lock.release();
  removeSocketFolder(socket);
}
