import { basename, dirname } from 'node:path';
import { openStorage } from './open.ts';
import type { Source } from './storage.ts';

/** Opens a backup by its path. Throws BACKUP_MISSING, STORAGE_INVALID, STORAGE_FAILED. */
export async function openBackup(place: string): Promise<Source> {
  return openStorage(dirname(place)).open(basename(place));
}
