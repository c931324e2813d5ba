import type { ConnectionOptions, SslOptions } from 'mysql2';
import { LockstepError } from '../../errors.ts';

/** Where a database is and how to get in. */
export interface Target {
  readonly options: ConnectionOptions;
  /** The URL without its secrets. */
  readonly location: string;
  readonly database: string;
}

/**
 * Reads `mysql://user:password@host:port/database?ssl={...}`. Parameters are mysql2's: `ssl` (a JSON object, or the
 * name of a profile), `connectTimeout` (milliseconds), `socketPath`, `localAddress`, `compress`,
 * `enableCleartextPlugin`, `keepAliveInitialDelay` (milliseconds). Without a password, MYSQL_PWD counts.
 * Throws URL_INVALID.
 */
export function readUrl(text: string): Target {
  const url = parse(text);
  const database = decode(url.pathname.slice(1));
  const location = `${url.protocol}//${url.username ? `${url.username}@` : ''}${url.host}/${url.pathname.slice(1)}`;
  const invalid = (reason: string): LockstepError => new LockstepError('URL_INVALID', { location, reason });
  if (database === '') throw invalid('it must name a database, as in mysql://user@host/name');
  if (database.includes('/')) throw invalid('it names more than a database behind the host');
  const password = decode(url.password) || process.env['MYSQL_PWD'] || '';
  const options: ConnectionOptions = {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1') || 'localhost',
    port: url.port === '' ? 3306 : Number(url.port),
    user: decode(url.username),
    password,
    database,
  };
  for (const [name, value] of url.searchParams) {
    const read = parameters[name];
    if (!read) throw invalid(`the parameter ${name} is not known`);
    const option = read(value);
    if (!option) throw invalid(`the parameter ${name} has a wrong value`);
    Object.assign(options, option);
  }
  return { options, location, database };
}

type Reader = (value: string) => ConnectionOptions | undefined;

const parameters: Readonly<Record<string, Reader>> = {
  ssl: (value) => {
    const ssl = sslOf(value);
    return ssl === undefined ? undefined : { ssl };
  },
  connectTimeout: (value) => (isDigits(value) ? { connectTimeout: Number(value) } : undefined),
  keepAliveInitialDelay: (value) => (isDigits(value) ? { keepAliveInitialDelay: Number(value) } : undefined),
  compress: (value) => (isFlag(value) ? { compress: value === 'true' } : undefined),
  enableCleartextPlugin: (value) => (isFlag(value) ? { enableCleartextPlugin: value === 'true' } : undefined),
  socketPath: (value) => ({ socketPath: value }),
  localAddress: (value) => ({ localAddress: value }),
};

function sslOf(value: string): SslOptions | string | undefined {
  if (!value.startsWith('{')) return /^[\w .-]+$/.test(value) && !isFlag(value) ? value : undefined;
  try {
    const json: unknown = JSON.parse(value);
    return typeof json === 'object' && json !== null ? json : undefined;
  } catch {
    return undefined;
  }
}

function isDigits(value: string): boolean {
  return /^\d{1,9}$/.test(value);
}

function isFlag(value: string): boolean {
  return value === 'true' || value === 'false';
}

function parse(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw new LockstepError('URL_INVALID', { location: '(not shown)', reason: 'it is not a URL' });
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new LockstepError('URL_INVALID', {
      location: '(not shown)',
      reason: 'a % in it is not followed by two hexadecimal digits',
    });
  }
}
