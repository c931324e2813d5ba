import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

const prefix = 'lockstep-socket-';
/** The longest path of a socket that every system takes, in bytes. */
const longestPath = 100;

/** A folder of this user alone, for the socket of one database. Postgres's clients are given the folder as their host. */
export function makeSocketFolder(): string {
  const wanted = join(tmpdir(), prefix);
  const fits = Buffer.byteLength(socketPath(`${wanted}xxxxxx`)) <= longestPath;
  return mkdtempSync(fits ? wanted : join('/tmp', prefix));
}

export function socketPath(folder: string): string {
  return join(folder, '.s.PGSQL.5432');
}

/** Removes the folder, if it is one of ours: the path may come from a file. */
export function removeSocketFolder(folder: string): void {
  const ours = basename(folder).startsWith(prefix) && [tmpdir(), '/tmp'].includes(dirname(folder));
  if (ours) rmSync(folder, { recursive: true, force: true });
}
