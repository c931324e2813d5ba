import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openPostgres } from '#core/database/postgres/open.js';
import { acceptVersion } from '#core/database/postgres/version.js';
import type { PostgresDatabase } from '#core/database/postgres/postgres-database.js';
import { sql } from '#core/database/sql.js';
import { LockstepError } from '#core/errors.js';
import { atEnd } from '../../../../../tests/fixtures/cleanup.ts';
import { temporaryFolder } from '../../../../../tests/fixtures/temporary-folder.ts';
import { startPrivateServer, type PrivateServer } from './private-server.ts';
import { describeEachServer, failure } from './servers.ts';

const secret = 'p%40ss%3Aw%2Frd';

async function open(url: string): Promise<PostgresDatabase> {
  const database = await openPostgres(url);
  atEnd(() => database.close());
  return database;
}

/** Everything that could be shown to somebody. */
function shown(error: LockstepError): string {
  return `${error.message} ${error.next} ${JSON.stringify(error.details)}`;
}

describeEachServer('opening', (engine) => {
  let server: PrivateServer;

  beforeAll(async () => {
    server = await startPrivateServer(engine);
    const local = await open(`postgres://postgres@/postgres?host=${server.folder}&port=${server.port}`);
    const session = await local.session();
    await session.execute(`CREATE ROLE app LOGIN PASSWORD 'p@ss:w/rd'`);
    await session.execute('CREATE DATABASE closed');
    await session.execute('REVOKE CONNECT ON DATABASE closed FROM PUBLIC');
    await session.execute(`CREATE DATABASE bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'`);
    expect(local.location).toBe(`postgres://postgres@/postgres?host=${server.folder}&port=${server.port}`);
    await session.close();
  });

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('takes the password of the URL, and does not show it', async () => {
    const database = await open(`postgresql://app:${secret}@localhost:${server.port}/postgres`);
    expect(database).toMatchObject({ family: 'postgres', engine: 'Postgres', version: engine.version, tested: true });
    expect(database.location).toBe(`postgres://app@localhost:${server.port}/postgres`);
  });

  it('takes the password of PGPASSWORD and of a password file', async () => {
    const url = `postgres://app@localhost:${server.port}/postgres`;
    const folder = await temporaryFolder();
    vi.stubEnv('PGPASSFILE', join(folder, 'none'));
    expect(await failure(openPostgres(url))).toMatchObject({
      code: 'LOGIN_REFUSED',
      details: { reason: expect.stringContaining('a password is needed') },
    });
    vi.stubEnv('PGPASSWORD', 'p@ss:w/rd');
    await open(url);
    vi.stubEnv('PGPASSWORD', undefined);
    const file = join(folder, 'pgpass');
    writeFileSync(
      file,
      `# a comment\nlocalhost:1:*:app:no\n*:${server.port}:*:app:p@ss\\:w/rd\nlocalhost:*:*:*:later\n`,
    );
    chmodSync(file, 0o600);
    vi.stubEnv('PGPASSFILE', file);
    await open(url);
    chmodSync(file, 0o644);
    expect((await failure(openPostgres(url))).code).toBe('LOGIN_REFUSED');
  });

  it('takes user, host and the rest from the environment', async () => {
    vi.stubEnv('PGHOST', server.folder);
    vi.stubEnv('PGPORT', `${server.port}`);
    vi.stubEnv('PGUSER', 'postgres');
    expect((await open('postgres:///closed')).location).toBe(
      `postgres://postgres@/closed?host=${server.folder}&port=${server.port}`,
    );
  });

  it.each([
    ['a wrong password', 'app:wrong@HOST/postgres', 'LOGIN_REFUSED', 'password authentication failed'],
    ['an unknown user', `nobody:${secret}@HOST/postgres`, 'LOGIN_REFUSED', 'password authentication failed'],
    ['a missing database', `app:${secret}@HOST/missing`, 'DATABASE_MISSING', 'database "missing" does not exist'],
    ['a closed database', `app:${secret}@HOST/closed`, 'PRIVILEGE_MISSING', 'permission denied for database "closed"'],
    ['a database of bytes', `app:${secret}@HOST/bytes`, 'ENGINE_UNSUPPORTED', 'SQL_ASCII'],
    [
      'a certificate that nobody vouches for',
      `app:${secret}@HOST/postgres?sslmode=verify-full`,
      'TLS_FAILED',
      'unable to verify the first certificate',
    ],
  ])('refuses %s', async (_, url, code, reason) => {
    const error = await failure(openPostgres(`postgres://${url.replace('HOST', `localhost:${server.port}`)}`));
    expect(error.code).toBe(code);
    expect(error.message).toContain(reason);
    expect(shown(error)).not.toMatch(/wrong@|p@ss|p%40ss/);
  });

  it('speaks TLS as the URL says', async () => {
    const encrypted = sql`SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`;
    const base = `postgres://app:${secret}@localhost:${server.port}/postgres`;
    const verified = await (await open(`${base}?sslmode=verify-full&sslrootcert=${server.certificate}`)).session();
    expect(await verified.query(encrypted)).toEqual([{ ssl: 't' }]);
    const unverified = await (await open(`${base}?sslmode=no-verify`)).session();
    expect(await unverified.query(encrypted)).toEqual([{ ssl: 't' }]);
    const plain = await (await open(`${base}?sslmode=disable`)).session();
    expect(await plain.query(encrypted)).toEqual([{ ssl: 'f' }]);
  });

  it('says so when the server is gone, and the process goes on', async () => {
    const own = await startPrivateServer(engine);
    const url = `postgres://postgres@/postgres?host=${own.folder}&port=${own.port}`;
    const database = await open(url);
    const [idle, busy] = [await database.session(), await database.session()];
    const attempt = await database.tryLock({ schema: 'public', table: 'flyway_schema_history' }, 'test');
    const sleeping = failure(busy.query(sql`SELECT pg_sleep(60)`));
    await own.kill();
    expect((await sleeping).code).toBe('CONNECTION_LOST');
    expect((await failure(idle.query(sql`SELECT 1`))).code).toBe('CONNECTION_LOST');
    expect(attempt.held && (await failure(attempt.lock.check())).code).toBe('LOCK_LOST');
    expect((await failure(database.session())).code).toBe('SERVER_UNREACHABLE');
    expect((await failure(openPostgres(url))).code).toBe('SERVER_UNREACHABLE');
    await database.close();
  });
});

describe('opening what is not there', () => {
  it('says that nobody answers', async () => {
    const listener = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const address = listener.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const silent = await failure(openPostgres(`postgres://app:${secret}@127.0.0.1:${port}/x?connect_timeout=1`));
    expect(silent).toMatchObject({ code: 'SERVER_UNREACHABLE', details: { reason: 'no answer in time' } });
    listener.close();
    await once(listener, 'close');
    const closed = await failure(openPostgres(`postgres://app:${secret}@127.0.0.1:${port}/x`));
    expect(closed).toMatchObject({
      code: 'SERVER_UNREACHABLE',
      details: { reason: expect.stringContaining('ECONNREFUSED') },
    });
    const several = await failure(openPostgres(`postgres://app:${secret}@localhost:${port}/x`));
    expect(several.details['reason']).toContain('ECONNREFUSED');
    const unknown = await failure(openPostgres(`postgres://app:${secret}@host.invalid/x`));
    expect(unknown).toMatchObject({
      code: 'SERVER_UNREACHABLE',
      details: { location: 'postgres://app@host.invalid:5432/x' },
    });
    for (const error of [silent, closed, several, unknown]) expect(shown(error)).not.toMatch(/p@ss|p%40ss/);
  });

  it.each([
    'postgres://app:sec/ret@host/x',
    'postgres://app:12/secret@host/x',
    'postgres://app:secret@host:port/x',
    'postgres://[secret/x',
  ])('refuses the URL %s without showing it', async (url) => {
    const error = await failure(openPostgres(url));
    expect(error.code).toBe('URL_INVALID');
    expect(shown(error)).not.toMatch(/secret|sec\/ret/);
  });
});

/** The version and whether it is tested, or what is refused. */
function version(product: string, encoding = 'UTF8'): string {
  try {
    const { text, tested } = acceptVersion({ product, version: product.split(' ')[1] ?? '', encoding }, 'here');
    return `${text} ${tested}`;
  } catch (error) {
    if (error instanceof LockstepError && error.code === 'ENGINE_UNSUPPORTED') return error.details['found'] ?? '';
    throw error;
  }
}

describe('versions', () => {
  it.each([
    ['PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc', '15.18 true'],
    ['PostgreSQL 16.4 on aarch64', '16.4 false'],
    ['PostgreSQL 17.6 on x86_64', '17.6 false'],
    ['PostgreSQL 18.6 (PGlite 0.5.16) on wasm32', '18.6 true'],
    ['PostgreSQL 14.20 on x86_64-pc-linux-gnu, compiled by gcc', 'PostgreSQL 14.20'],
    ['PostgreSQL 19beta1 on x86_64', 'PostgreSQL 19beta1'],
    ['PostgreSQL 15.2-YB-2.25.0.0-b0 on x86_64-pc-linux-gnu', 'PostgreSQL 15.2-YB-2.25.0.0-b0'],
    ['PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC, Redshift 1.0', 'PostgreSQL 8.0.2'],
    [
      'CockroachDB CCL v23.1.0 (x86_64-pc-linux-gnu, built 2023)',
      'CockroachDB CCL v23.1.0 (x86_64-pc-linux-gnu, built 2023)',
    ],
  ])('%s', (product, expected) => {
    expect(version(product)).toBe(expected);
  });

  it('needs an encoding that is text', () => {
    expect(version('PostgreSQL 18.6 on x86_64', 'SQL_ASCII')).toContain('SQL_ASCII');
    expect(version('PostgreSQL 18.6 on x86_64', 'LATIN1')).toBe('18.6 true');
  });
});
