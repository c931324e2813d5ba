import type { ClientConfig } from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import { LockstepError, reasonOf } from '../../errors.ts';
import { connect } from './connect.ts';
import type { OnNotice } from './connect.ts';
import { failureOf } from './failure.ts';
import { locationOf } from './location.ts';
import { PostgresDatabase } from './postgres-database.ts';
import { refusePooler } from './pooler.ts';
import type { PostgresParts } from './postgres-database.ts';
import { checkServer } from './version.ts';

export interface OpenOptions {
  readonly onNotice?: OnNotice;
}

/** Seconds to wait for a connection where the URL (`connect_timeout`) and PGCONNECT_TIMEOUT do not say. */
const connectSeconds = 10;

/**
 * Opens the Postgres database of a URL, and checks that a server of a supported version answers, without a
 * pooler between that is not in session mode.
 * Parameters of the URL are those of the driver `pg`: `sslmode`, `sslrootcert`, `statement_timeout`, `options` ...
 * What is missing in it comes from the usual places: PGUSER, PGPASSWORD, `.pgpass`.
 *
 * Throws URL_INVALID, SERVER_UNREACHABLE, TLS_FAILED, LOGIN_REFUSED, DATABASE_MISSING, PRIVILEGE_MISSING,
 * ENGINE_UNSUPPORTED.
 *
 * @example
 * const database = await openPostgres('postgres://app@db.example.com/shop?sslmode=verify-full');
 */
export async function openPostgres(url: string, options: OpenOptions = {}): Promise<PostgresDatabase> {
  const config = readUrl(url);
  return connectPostgres({
    engine: 'Postgres',
    config,
    location: locationOf(config),
    parallelSessions: 8,
    isServer: true,
    ...options,
  });
}

/** Opens what speaks Postgres's protocol at `parts.config`. Throws what {@link openPostgres} throws. */
export async function connectPostgres(parts: PostgresParts): Promise<PostgresDatabase> {
  const open = (): ReturnType<typeof connect> =>
    connect(parts.config, parts.location, parts.onNotice ?? (() => undefined));
  const client = await open();
  try {
    const version = await checkServer(client, parts.location);
    if (parts.isServer) await refusePooler(client, open, parts.location);
    return new PostgresDatabase(parts, version);
  } catch (error) {
    throw failureOf(error, { location: parts.location, statement: 'SELECT version()' });
  } finally {
    await client.end();
  }
}

function readUrl(url: string): ClientConfig {
  // A password with @ or / in it would be taken for the host: what is shown ends before anything that could be one.
  const location = url.replace(/:\/\/.*/s, '://...');
  let config: ClientConfig;
  try {
    config = parseIntoClientConfig(url);
  } catch (error) {
    throw new LockstepError('URL_INVALID', { location, reason: reasonOf(error) });
  }
  if (new RegExp('^[^?#]*//[^?#/]*/[^?#]*@').test(url)) {
    const reason = 'it has an @ after the host; in a password, write / as %2F and @ as %40';
    throw new LockstepError('URL_INVALID', { location, reason });
  }
  return {
    ...config,
    connectionTimeoutMillis: timeoutOf(url) * 1000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
  };
}

function timeoutOf(url: string): number {
  const parameter = /[?&]connect_timeout=(\d+)/.exec(url)?.[1] ?? process.env['PGCONNECT_TIMEOUT'];
  return parameter === undefined ? connectSeconds : Number(parameter);
}
