import { LockstepError } from '../errors.ts';
import { folderStorage } from './folder.ts';
import { isS3, localPath } from './location.ts';
import { s3Storage } from './s3.ts';
import type { Storage } from './storage.ts';

/**
 * The storage at a location: a folder's path or its `file:` URL, or `s3://BUCKET/PREFIX`. Throws STORAGE_INVALID for
 * anything else.
 *
 * @example
 * const storage = openStorage('.lockstep/backups');
 */
export function openStorage(location: string): Storage {
  if (location === '-') {
    throw new LockstepError('STORAGE_INVALID', { place: '-', reason: 'only `backup --to -` can write to stdout' });
  }
  return isS3(location) ? s3Storage(location) : folderStorage(localPath(location));
}
