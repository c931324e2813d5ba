import { fileURLToPath } from 'node:url';
import { LockstepError, reasonOf } from '../errors.ts';

/** The path that a location names: a path itself, or a `file:` URL. Throws STORAGE_INVALID for anything else. */
export function localPath(location: string): string {
  if (location === '') throw invalid(location, 'the name is empty');
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(location)?.[1]?.toLowerCase();
  if (scheme === 'file') return pathOfUrl(location);
  // Anything else with a colon may be a name: `C:\backups`, or a time in a file's name.
  if (scheme !== undefined && location.startsWith(`${scheme}://`)) throw invalid(location, `${scheme}: is not known`);
  return location;
}

/** True for `s3://...`. */
export function isS3(location: string): boolean {
  return /^s3:\/\//i.test(location);
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
