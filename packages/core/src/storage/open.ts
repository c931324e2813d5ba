import { fileURLToPath } from 'node:url';
import { LockstepError, reasonOf } from '../errors.ts';
import { openFile } from './file-source.ts';
import { folderStorage } from './folder.ts';
import { spool } from './spool.ts';
import type { Source, Storage } from './storage.ts';

/**
 * The storage at a place: a folder's path or its `file:` URL. Throws STORAGE_INVALID for anything else.
 *
 * @example
 * const storage = openStorage('.lockstep/backups');
 */
export function openStorage(location: string): Storage {
  return folderStorage(pathOf(location));
}

/**
 * Opens one backup: a file's path, its `file:` URL, or `-` for standard input, which is taken in whole first. Throws
 * BACKUP_MISSING, STORAGE_FAILED, or STORAGE_INVALID for anything else.
 */
export function openBackup(location: string): Promise<Source> {
  if (location === '-') return spool(process.stdin, 'standard input');
  return openFile(pathOf(location));
}

function pathOf(location: string): string {
  if (location === '') throw invalid(location, 'the name is empty');
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(location)?.[1]?.toLowerCase();
  if (scheme === 'file') return pathOfUrl(location);
  if (scheme === 's3') throw invalid(location, 'this version does not know S3');
  // Anything else with a colon may be a name: `C:\backups`, or a time in a file's name.
  if (scheme !== undefined && location.startsWith(`${scheme}://`)) throw invalid(location, `${scheme}: is not known`);
  return location;
}

function pathOfUrl(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw invalid(url, reasonOf(error));
  }
}

function invalid(place: string, reason: string): LockstepError {
  return new LockstepError('STORAGE_INVALID', { place, reason });
}
