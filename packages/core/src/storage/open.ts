import { folderStorage } from './folder.ts';
import { localPath } from './location.ts';
import type { Storage } from './storage.ts';

/**
 * The storage at a location: a folder's path or its `file:` URL. Throws STORAGE_INVALID for anything else.
 *
 * @example
 * const storage = openStorage('.lockstep/backups');
 */
export function openStorage(location: string): Storage {
  return folderStorage(localPath(location));
}
