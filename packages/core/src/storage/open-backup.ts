import { openFile } from './file-source.ts';
import { isS3, localPath } from './location.ts';
import { s3Storage } from './s3.ts';
import { parseFileAddress } from './s3/address.ts';
import type { Source } from './storage.ts';

/**
 * Opens a backup by its path, its `file:` URL or `s3://BUCKET/PREFIX/FILE`.
 * Throws BACKUP_MISSING, STORAGE_FAILED, STORAGE_INVALID.
 */
export async function openBackup(location: string): Promise<Source> {
  if (!isS3(location)) return openFile(localPath(location));
  const { place, name } = parseFileAddress(location);
  return s3Storage(place).open(name);
}
