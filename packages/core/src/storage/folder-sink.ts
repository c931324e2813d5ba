import type { FileHandle } from 'node:fs/promises';
import { link, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LockstepError } from '../errors.ts';
import { inPlace, systemCode } from './failure.ts';
import { partialName } from './partial-name.ts';
import type { Sink } from './storage.ts';
import { writeAll } from './write-all.ts';

/**
 * Begins a file in a folder. It is written under a temporary name, and gets its own by a hard link: unlike a rename,
 * that never takes the place of a file which is there already. Throws BACKUP_EXISTS, STORAGE_FAILED.
 */
export async function folderSink(folder: string, name: string): Promise<Sink> {
  const place = join(folder, name);
  const partial = join(folder, partialName(name));
  return inPlace(place, async () => {
    await refuseExisting(place);
    const handle = await open(partial, 'wx', 0o600);
    try {
      await requireLinks(partial);
    } catch (error) {
      await handle.close();
      await rm(partial, { force: true });
      throw error;
    }
    return new FolderSink(folder, place, partial, handle);
  });
}

class FolderSink implements Sink {
  readonly place: string;
  readonly #folder: string;
  readonly #partial: string;
  readonly #handle: FileHandle;
  #open = true;

  constructor(folder: string, place: string, partial: string, handle: FileHandle) {
    this.place = place;
    this.#folder = folder;
    this.#partial = partial;
    this.#handle = handle;
  }

  write(chunk: Uint8Array): Promise<void> {
    return inPlace(this.place, () => writeAll(this.#handle, chunk));
  }

  async publish(): Promise<void> {
    try {
      await inPlace(this.place, async () => {
        await this.#handle.sync();
        await linkNew(this.#partial, this.place);
        await syncFolder(this.#folder);
      });
    } finally {
      await this.abandon();
    }
  }

  async abandon(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await inPlace(this.place, async () => {
      await this.#handle.close();
      await rm(this.#partial, { force: true });
    });
  }
}

async function refuseExisting(place: string): Promise<void> {
  try {
    await stat(place);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  throw new LockstepError('BACKUP_EXISTS', { file: place });
}

/** Finds out now, and not after hours of writing, whether the file system has hard links. */
async function requireLinks(partial: string): Promise<void> {
  const probe = `${partial}.link`;
  try {
    await link(partial, probe);
  } catch (error) {
    const reason = `the file system has no hard links, without which a backup cannot get its name safely (${systemCode(error) ?? ''})`;
    throw new LockstepError('STORAGE_FAILED', { place: partial, reason }, { cause: error });
  }
  await rm(probe);
}

async function linkNew(partial: string, place: string): Promise<void> {
  try {
    await link(partial, place);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw new LockstepError('BACKUP_EXISTS', { file: place }, { cause: error });
    throw error;
  }
}

/** Makes a new name in a folder survive a loss of power. Windows does that by itself and cannot open folders. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
