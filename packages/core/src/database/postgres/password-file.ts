import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What a line of the file is matched with. */
interface Login {
  readonly host: string;
  readonly port: number;
  readonly database?: string | undefined;
  readonly user?: string | undefined;
}

/**
 * The password that Postgres's own clients would take from the password file (PGPASSFILE or `~/.pgpass`), or ''.
 * As with them, a file that others may read is not used; the process's warnings say so.
 */
export async function passwordFromFile(login: Login): Promise<string> {
  const file = process.env['PGPASSFILE'] ?? defaultFile();
  const text = await readFile(file, 'utf8').catch(ignoreMissing);
  if (text === undefined) return '';
  if (process.platform !== 'win32' && ((await stat(file)).mode & 0o077) !== 0) {
    process.emitWarning(`The password file ${file} is not used, because others may read it. Make it 0600.`);
    return '';
  }
  const wanted = [hostOf(login), `${login.port}`, login.database, login.user];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#')) continue;
    const fields = [...line.matchAll(/((?:[^:\\]|\\.)*)(?::|$)/g)].map(([, field = '']) =>
      field.replace(/\\(.)/g, '$1'),
    );
    const matches = wanted.every((value, index) => fields[index] === '*' || fields[index] === value);
    if (matches && fields[4] !== undefined) return fields[4];
  }
  return '';
}

function defaultFile(): string {
  if (process.platform !== 'win32') return join(homedir(), '.pgpass');
  return join(process.env['APPDATA'] ?? homedir(), 'postgresql', 'pgpass.conf');
}

/** A connection through a socket folder is written as localhost. */
function hostOf({ host }: Login): string {
  return host.startsWith('/') ? 'localhost' : host;
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EACCES') return undefined;
  throw error;
}
