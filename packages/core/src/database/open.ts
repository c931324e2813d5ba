import { LockstepError } from '../errors.ts';
import type { RunOptions } from '../progress.ts';
import type { Database } from './database.ts';

export interface OpenOptions extends RunOptions {
  /** What the database is opened for; others that have to wait for it are told: `lockstep backup`. */
  readonly purpose?: string | undefined;
  /** Keeps an embedded database open for other commands to work beside: for a server. */
  readonly serves?: boolean | undefined;
  /** Seconds to wait for another process that holds an embedded database. */
  readonly waitSeconds?: number | undefined;
}

/**
 * Opens a database: `postgres://`, `mysql://`, `mariadb://` as their drivers read them, or `pglite:FOLDER`.
 *
 * Throws URL_INVALID, SERVER_UNREACHABLE, TLS_FAILED, TLS_NEEDED, LOGIN_REFUSED, DATABASE_MISSING, PRIVILEGE_MISSING,
 * ENGINE_UNSUPPORTED, FOLDER_HELD, FOLDER_FOREIGN, FOLDER_OTHER_VERSION.
 *
 * @example
 * const database = await openDatabase('pglite:.lockstep/data');
 */
export async function openDatabase(url: string, options: OpenOptions = {}): Promise<Database> {
  // A driver is loaded when it is needed: most commands need one of them.
  const scheme = /^([a-z]+):/i.exec(url)?.[1]?.toLowerCase();
  switch (scheme) {
    case 'postgres':
    case 'postgresql':
      return (await import('./postgres/open.ts')).openPostgres(url);
    case 'mysql':
    case 'mariadb':
      return (await import('./mysql/open.ts')).openMysql(url);
    case 'pglite':
      return (await import('./pglite/open.ts')).openPglite(url, options);
    default:
      throw new LockstepError('URL_INVALID', { location: '(not shown)', reason: `it begins with "${scheme ?? ''}"` });
  }
}
