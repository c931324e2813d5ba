import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LockstepError } from '../errors.ts';
import { inPlace, systemCode } from './failure.ts';

/** Throws SPACE_MISSING if the file system of a folder has less than these bytes free. The folder need not exist yet. */
export async function requireFreeSpace(folder: string, bytes: number): Promise<void> {
  const free = await inPlace(folder, () => freeSpace(resolve(folder)));
  if (free >= bytes) return;
  throw new LockstepError('SPACE_MISSING', { place: folder, found: inWords(free), needed: inWords(bytes) });
}

async function freeSpace(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    const parent = dirname(folder);
    if (systemCode(error) !== 'ENOENT' || parent === folder) throw error;
    return freeSpace(parent);
  }
}

/** Bytes for people: `1.5 GB`. */
function inWords(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ''}`;
}
