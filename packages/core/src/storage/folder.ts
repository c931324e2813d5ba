import type { Stats } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LockstepError } from '../errors.ts';
import { inPlace, systemCode } from './failure.ts';
import { openFile } from './file-source.ts';
import { folderSink } from './folder-sink.ts';
import { partialName } from './partial-name.ts';
import { requireFreeSpace } from './space.ts';
import type { Storage, StoredFile } from './storage.ts';
import { removeStrays } from './stray-files.ts';

/**
 * Backups in a folder, which is made when the first one is written. Files are for the user who wrote them only. What
 * killed backups have left is removed by the next one.
 */
export function folderStorage(folder: string): Storage {
  return {
    location: folder,
    async create(name) {
      pathOf(folder, name);
      await inPlace(folder, async () => {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await removeStrays(folder);
      });
      return folderSink(folder, name);
    },
    open: (name) => openFile(pathOf(folder, name)),
    put: (name, content) => inPlace(folder, () => replaceFile(pathOf(folder, name), content)),
    list: () => inPlace(folder, () => listFiles(folder)),
    remove: (name) => inPlace(folder, () => rm(pathOf(folder, name), { force: true })),
    requireSpace: (bytes) => requireFreeSpace(folder, bytes),
  };
}

/** A reader sees the file as it was before or as it is afterwards, never a part of it. */
async function replaceFile(path: string, content: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const partial = join(dirname(path), partialName(basename(path)));
  try {
    await writeFile(partial, content, { mode: 0o600, flush: true });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

async function listFiles(folder: string): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  for (const name of await namesIn(folder)) {
    const found = await statOf(join(folder, name));
    if (found?.isFile()) files.push({ name, size: found.size, modifiedAt: found.mtime });
  }
  return files;
}

/** The names that are not hidden, in order. A folder that does not exist yet has none. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith('.')).toSorted();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Undefined for a file that was removed meanwhile. */
async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function pathOf(folder: string, name: string): string {
  if (/^[^./\\\0][^/\\\0]*$/.test(name)) return join(folder, name);
  throw new LockstepError('STORAGE_FAILED', { place: folder, reason: `"${name}" is not the name of a file in it` });
}
