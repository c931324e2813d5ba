import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isLockFile } from './folder-state.ts';

/**
 * Has the system write to the disk what changed in a folder since a time (milliseconds since 1970): files and folders,
 * as PGlite itself never asks for it.
 *
 * What that gives: a database that was closed survives a loss of power. What it doesn't: while it is in use, the system
 * may write pages before the log that they belong to, so a loss of power can damage it. The end of the process alone,
 * by kill -9 too, damages nothing, as the system has the writes already.
 */
export async function syncFolder(folder: string, since: number): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    // The files of the lock come and go.
    if (isLockFile(entry.name)) continue;
    if (entry.isDirectory()) await syncFolder(path, since);
    else if (entry.isFile()) await syncIfChanged(path, since);
  }
  await syncIfChanged(folder, since);
}

/** File systems date changes by a clock that is a little behind. */
const clockLag = 1000;

async function syncIfChanged(path: string, since: number): Promise<void> {
  if ((await stat(path)).mtimeMs >= since - clockLag) await syncOne(path);
}

async function syncOne(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
