import { resolve } from 'node:path';
import { LockstepError } from '../../errors.ts';

/** The folder of a URL such as `pglite:.lockstep/data`, as an absolute path. Throws URL_INVALID. */
export function folderOf(url: string): string {
  const [, path] = /^pglite:(.*)$/is.exec(url) ?? [];
  if (path === undefined) throw invalid(url, 'it does not begin with pglite:');
  // pglite:///srv/data, as file URLs are written.
  const folder = path.startsWith('///') ? path.slice(2) : path;
  if (folder.trim() === '') throw invalid(url, 'it names no folder');
  if (folder.startsWith('//')) throw invalid(url, 'a folder is expected after pglite:, not a host');
  if (folder.includes('\0')) throw invalid(url, 'it holds the character NUL');
  return resolve(folder);
}

function invalid(location: string, reason: string): LockstepError {
  return new LockstepError('URL_INVALID', { location, reason });
}
