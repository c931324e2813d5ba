import { openFile } from './file-source.ts';
import { localPath } from './location.ts';
import type { Source } from './storage.ts';

/** Opens a backup by its path or its `file:` URL. Throws BACKUP_MISSING, STORAGE_FAILED, STORAGE_INVALID. */
export async function openBackup(location: string): Promise<Source> {
  return openFile(localPath(location));
}
