import type { Client } from 'pg';
import { LockstepError } from '../../errors.ts';

/** The server's version: for people, and whether Lockstep is tested on it. */
export interface ServerVersion {
  readonly text: string;
  readonly tested: boolean;
}

/** What a server says about itself. */
interface Server {
  readonly product: string;
  readonly version: string;
  readonly encoding: string;
}

const accepted = [15, 16, 17, 18];
const testedOn = [15, 18];

/** Asks the other end what it is. Throws ENGINE_UNSUPPORTED. */
export async function checkServer(client: Client, location: string): Promise<ServerVersion> {
  const { rows } = await client.query<Server>(
    `SELECT version() AS product, current_setting('server_version') AS version,
      current_setting('server_encoding') AS encoding`,
  );
  const [server] = rows;
  if (server === undefined) throw new LockstepError('INTERNAL', { reason: 'the server does not tell its version' });
  return acceptVersion(server, location);
}

/**
 * Throws ENGINE_UNSUPPORTED for other versions, for other products that speak Postgres's protocol, and for a database
 * whose bytes are of no known encoding.
 */
export function acceptVersion({ product, version, encoding }: Server, location: string): ServerVersion {
  const major = Number(/^PostgreSQL (\d+)(\.\d+)* /.exec(product)?.[1]);
  if (!accepted.includes(major)) {
    const found = product.startsWith('PostgreSQL') ? product.split(' ').slice(0, 2).join(' ') : product;
    throw new LockstepError('ENGINE_UNSUPPORTED', { location, found, needed: 'Postgres 15, 16, 17 or 18' });
  }
  if (encoding === 'SQL_ASCII') {
    const found = 'a database with the encoding SQL_ASCII, which can hold bytes that are no text';
    throw new LockstepError('ENGINE_UNSUPPORTED', { location, found, needed: 'one with an encoding such as UTF8' });
  }
  return { text: version.split(' ')[0] ?? '', tested: testedOn.includes(major) };
}
