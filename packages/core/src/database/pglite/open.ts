import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { LockstepError, reasonOf } from '../../errors.ts';
import type { Database } from '../database.ts';
import type { RunOptions } from '../../progress.ts';
import { connectPostgres } from '../postgres/open.ts';
import { FolderLock, tryLockFolder } from './folder-lock.ts';
import { inspectFolder } from './folder-state.ts';
import { folderOf } from './folder-url.ts';
import { startHosted } from './hosted.ts';
import { ownRecord } from './lock-record.ts';
import type { LockRecord } from './lock-record.ts';
import { tryNamedLock } from './lock.ts';
import { createScratch } from './scratch.ts';
import { makeSocketFolder, removeSocketFolder } from './socket-folder.ts';

export interface OpenPgliteOptions extends RunOptions {
  /** What the folder is held for, shown to others who wait for it: `serve`, `backup` ... */
  readonly purpose?: string | undefined;
  /** Other processes may use the database through this one as long as it is open here. */
  readonly serves?: boolean | undefined;
  /** Seconds to wait for another process that holds the folder. An hour unless told otherwise. */
  readonly waitSeconds?: number | undefined;
  /** Seconds that clients wait for one of them that is in a transaction and does nothing. A minute if left out. */
  readonly idleSeconds?: number | undefined;
  /** The files need not survive a loss of power. */
  readonly temporary?: boolean | undefined;
}

/**
 * Opens the embedded database in a folder, making it if the folder is empty or missing. One process at a time has the
 * folder. If that one invites guests, the database is used through its socket; else it is waited for.
 *
 * Throws URL_INVALID, FOLDER_FOREIGN, FOLDER_OTHER_VERSION, FOLDER_HELD, STORAGE_FAILED, SERVER_UNREACHABLE.
 *
 * @example
 * const database = await openPglite('pglite:.lockstep/data', { purpose: 'serve', serves: true });
 */
export async function openPglite(url: string, options: OpenPgliteOptions = {}): Promise<Database> {
  const folder = folderOf(url);
  try {
    inspectFolder(folder);
    return await openFolder(folder, options);
  } catch (error) {
    throw folderFailure(error, folder);
  }
}

async function openFolder(folder: string, options: OpenPgliteOptions): Promise<Database> {
  const socket = makeSocketFolder();
  let hosted = false;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const record = ownRecord(options.purpose ?? 'lockstep', socket, options.serves ?? false);
    const found = await lockOrJoin(folder, record, options);
    if (!(found instanceof FolderLock)) return found;
    hosted = true;
    return await openHosted(folder, found, socket, options);
  } finally {
    if (!hosted) removeSocketFolder(socket);
  }
}

/** Takes the lock of the folder, or opens the database of the process that has it. Throws FOLDER_HELD. */
async function lockOrJoin(
  folder: string,
  record: LockRecord,
  options: OpenPgliteOptions,
): Promise<FolderLock | Database> {
  const started = Date.now();
  let told = -Infinity;
  for (;;) {
    options.signal?.throwIfAborted();
    inspectFolder(folder);
    const holder = tryLockFolder(folder, record);
    if (holder instanceof FolderLock) return holder;
    // A server ends when its database does, so it takes none that is another's.
    if (holder.invitesGuests && options.serves) throw held(folder, holder);
    const guest = holder.invitesGuests ? await openAsGuest(folder, holder) : undefined;
    if (guest !== undefined) return guest;
    const seconds = (Date.now() - started) / 1000;
    if (seconds >= (options.waitSeconds ?? 3600)) throw held(folder, holder);
    if (seconds - told >= 10) {
      await options.onProgress?.({ kind: 'waiting', holder: inWords(holder), seconds: Math.round(seconds) });
      told = seconds;
    }
    // Between 100 and 300 ms, so that many waiters don't ask in step.
    await sleep(100 + Math.random() * 200, undefined, { signal: options.signal });
  }
}

async function openHosted(
  folder: string,
  lock: FolderLock,
  socket: string,
  options: OpenPgliteOptions,
): Promise<Database> {
  const { idleSeconds = 60, temporary = false } = options;
  const location = `pglite:${folder}`;
  const stop = await startHosted({ folder, lock, socket, location, idleSeconds, temporary });
  try {
    return await connectTo(socket, location, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Undefined while the holder starts or ends, and where its socket can't be reached: another container, for example. */
async function openAsGuest(folder: string, holder: LockRecord): Promise<Database | undefined> {
  try {
    return await connectTo(holder.socket, `pglite:${folder}`, async () => undefined);
  } catch (error) {
    if (error instanceof LockstepError && ['SERVER_UNREACHABLE', 'CONNECTION_LOST'].includes(error.code))
      return undefined;
    throw error;
  }
}

/** What one statement reads of a table, and its answer is in memory as a whole. */
const bytesPerRead = 4 * 1024 * 1024;

async function connectTo(socket: string, location: string, onClose: () => Promise<void>): Promise<Database> {
  const config = { host: socket, port: 5432, user: 'postgres', database: 'postgres', ssl: false };
  return connectPostgres({
    engine: 'PGlite',
    config,
    location,
    parallelSessions: 1,
    isServer: false,
    bytesPerRead,
    tryLock: (name, holder) => tryNamedLock(config, location, name, holder),
    scratch: () => createScratch((folder) => openPglite(`pglite:${folder}`, { purpose: 'scratch', temporary: true })),
    onClose,
  });
}

function inWords({ process, host, purpose }: LockRecord): string {
  return `process ${process} on ${host} (${purpose})`;
}

function held(folder: string, { process, host, purpose }: LockRecord): LockstepError {
  return new LockstepError('FOLDER_HELD', { folder, process, host, purpose });
}

function folderFailure(error: unknown, folder: string): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  return new LockstepError('STORAGE_FAILED', { place: folder, reason: reasonOf(error) }, { cause: error });
}
