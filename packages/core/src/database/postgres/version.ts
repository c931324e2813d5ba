import type pg from 'pg';
import { LockstepError } from '../../errors.ts';

/** The server's version: for people, and whether Lockstep is tested on it. */
export interface ServerVersion {
  readonly text: string;
  readonly tested: boolean;
}

const accepted = [15, 16, 17, 18];
const testedOn = [15, 18];

/** Throws ENGINE_UNSUPPORTED for other versions, and for other products that speak Postgres's protocol. */
export async function checkVersion(client: pg.Client, location: string): Promise<ServerVersion> {
  const { rows } = await client.query<{ product: string; version: string; encoding: string }>(
    `SELECT version() AS product, current_setting('server_version') AS version,
      current_setting('server_encoding') AS encoding`,
  );
  const { product = '', version = '', encoding = '' } = rows[0] ?? {};
  const text = version.split(' ')[0] ?? '';
  const major = Number(/^PostgreSQL (\d+)(\.\d+)* /.exec(product)?.[1]);
  if (!accepted.includes(major)) {
    const found = product.startsWith('PostgreSQL') ? (product.split(/ on |,/)[0] ?? product) : product;
    throw new LockstepError('ENGINE_UNSUPPORTED', { location, found, needed: 'Postgres 15, 16, 17 or 18' });
  }
  if (encoding === 'SQL_ASCII') {
    const found = 'a database with the encoding SQL_ASCII, which can hold bytes that are no text';
    throw new LockstepError('ENGINE_UNSUPPORTED', {
      location,
      found,
      needed: 'a database with an encoding such as UTF8',
    });
  }
  return { text, tested: testedOn.includes(major) };
}
