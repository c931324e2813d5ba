import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LockstepError } from '../../errors.ts';
import { lockFile } from './folder-lock.ts';

/** The major version of Postgres that PGlite is. */
export const postgresMajor = '18';

/** Where a new database is made, inside of its folder, before its files are moved to their places. */
export const newFolder = 'lockstep.new';

/** `unfinished`: the first start was killed. */
export type FolderState = 'new' | 'unfinished' | 'whole';

/**
 * What a folder holds. Nothing is written. Throws FOLDER_FOREIGN for anything but an empty folder or that of an embedded
 * database, and FOLDER_OTHER_VERSION.
 */
export function inspectFolder(folder: string): FolderState {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return 'new';
  if (!found.isDirectory()) throw foreign(folder, 'it is a file');
  const names = readdirSync(folder);
  const rest = names.filter((name) => !isLockFile(name) && name !== newFolder && name !== 'lost+found');
  if (rest.includes('PG_VERSION')) {
    checkVersion(folder);
    return 'whole';
  }
  if (names.includes(newFolder) && rest.every((name) => isOfDatabase(name))) return 'unfinished';
  if (rest.length === 0) return 'new';
  const some = rest.length > 3 ? `${rest.slice(0, 3).join(', ')} ...` : rest.join(', ');
  throw foreign(folder, `it holds ${some}, and no PG_VERSION`);
}

export function isLockFile(name: string): boolean {
  return name === lockFile || name.startsWith(`${lockFile}.`);
}

/** Names at the top of a data folder of Postgres. */
export function isOfDatabase(name: string): boolean {
  return /^(PG_VERSION|base|global|pg_\w+(\.conf)?|postgresql(\.auto)?\.conf|postmaster\.(pid|opts))$/.test(name);
}

function checkVersion(folder: string): void {
  const found = readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim();
  if (found !== postgresMajor) throw otherVersion(folder, found);
  const pidFile = join(folder, 'postmaster.pid');
  // PGlite writes a negative number, as Postgres does in single-user mode.
  if (existsSync(pidFile) && /^\d/.test(readFileSync(pidFile, 'utf8'))) {
    throw foreign(folder, 'a Postgres server uses it, as its postmaster.pid says');
  }
}

function otherVersion(folder: string, found: string): LockstepError {
  const commands =
    `With the Lockstep that made it, run \`lockstep backup --database-url pglite:${folder} --to ${folder}-backups\`. ` +
    `Then, with this one, \`lockstep restore ${folder}-backups/FILE --database-url pglite:${folder}-${postgresMajor}\`, ` +
    `where FILE is the backup that was made.`;
  return new LockstepError('FOLDER_OTHER_VERSION', { folder, found, needed: postgresMajor, commands });
}

function foreign(folder: string, reason: string): LockstepError {
  return new LockstepError('FOLDER_FOREIGN', { folder, reason });
}
