import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readVersion } from '#core/database/mysql/flavour.js';
import { openMysql } from '#core/database/mysql/open.js';
import { readUrl } from '#core/database/mysql/url.js';
import { sql } from '#core/database/sql.js';
import type { LockstepError } from '#core/errors.js';
import { runSql } from '../../../../../tests/fixtures/client.ts';
import { describeEachServer, failure, nameOf, openFresh, type Opened } from './servers.ts';

const secret = 's3cr%C3%A9t%2F@'.replace('@', '%40');

function expectNoSecret(error: LockstepError): void {
  const text = [error.message, error.next, JSON.stringify(error.details), error.stack].join('\n');
  expect(text).not.toMatch(/s3cr/);
}

describeEachServer('opening', (engine) => {
  let opened: Opened;
  let user: string;

  beforeAll(async () => {
    opened = await openFresh(engine);
    user = `u_${nameOf(opened.url).slice(-8)}`;
    const password = decodeURIComponent(secret);
    await runSql(
      opened,
      `CREATE USER ${user}@'%' IDENTIFIED BY '${password}'; GRANT ALL ON ${nameOf(opened.url)}.* TO ${user}@'%'`,
    );
  });

  afterAll(async () => {
    await runSql(opened, `DROP USER ${user}@'%'`);
  });

  const urlOf = (change: (url: URL) => void): string => {
    const url = new URL(opened.url);
    url.username = user;
    url.password = secret;
    change(url);
    return url.href;
  };

  it('tells family, version and place', async () => {
    for (const protocol of ['mysql:', 'mariadb:']) {
      const database = await openMysql(urlOf(() => undefined).replace(/^\w+:/, protocol));
      expect(database.family).toBe(engine.family);
      expect(database.engine).toBe(engine.family === 'mysql' ? 'MySQL' : 'MariaDB');
      expect(database.tested).toBe(true);
      expect(engine.version.startsWith(database.version)).toBe(true);
      expect(database.location).toBe(
        `${protocol}//${user}@127.0.0.1:${new URL(opened.url).port}/${nameOf(opened.url)}`,
      );
      const session = await database.session();
      expect((await session.query(sql`SELECT DATABASE() AS it`))[0]?.['it']).toBe(nameOf(opened.url));
      await database.close();
    }
  });

  it('works for a user without privileges on the server', async () => {
    const database = await openMysql(urlOf(() => undefined));
    const session = await database.session();
    await session.execute('CREATE TABLE mine (id int AUTO_INCREMENT PRIMARY KEY, d date NOT NULL DEFAULT 20240101)');
    await session.execute('CREATE PROCEDURE p() SELECT 1');
    await session.execute('CREATE VIEW v AS SELECT id FROM mine');
    const snapshot = await database.snapshot();
    expect(snapshot.shape.unsupported).toEqual([]);
    for (const statement of database.dialect.fileSettings) await session.execute(statement);
    await snapshot.close();
    const lock = await database.tryLock({ schema: '', table: 'flyway_schema_history' }, 'a');
    const second = await database.tryLock({ schema: '', table: 'flyway_schema_history' }, 'b');
    expect([lock.held, second.held]).toEqual([true, false]);
    if (lock.held) await lock.lock.release();
    const refused = await failure(database.scratch());
    expect(refused.code).toBe('PRIVILEGE_MISSING');
    await session.wipe();
    await database.close();
  });

  it.each<[string, (url: URL) => void, string]>([
    ['a wrong password', (url) => (url.password = 's3cr-wrong'), 'LOGIN_REFUSED'],
    ['no password', (url) => (url.password = ''), 'LOGIN_REFUSED'],
    ['an unknown user', (url) => (url.username = 'nobody_here'), 'LOGIN_REFUSED'],
    ['a port where nobody listens', (url) => (url.port = '1'), 'SERVER_UNREACHABLE'],
    ['a host that is not there', (url) => (url.hostname = 'no-such-host.invalid'), 'SERVER_UNREACHABLE'],
    [
      'a database that is not there, or not to be seen',
      (url) => (url.pathname = '/no_such_database'),
      'PRIVILEGE_MISSING',
    ],
    ['no TLS that could be trusted', (url) => url.searchParams.set('ssl', '{}'), 'TLS_FAILED'],
    ['no database', (url) => (url.pathname = '/'), 'URL_INVALID'],
    ['an unknown parameter', (url) => url.searchParams.set('multipleStatements', 'true'), 'URL_INVALID'],
    ['a wrong parameter', (url) => url.searchParams.set('connectTimeout', 'soon'), 'URL_INVALID'],
    ['an unknown profile for TLS', (url) => url.searchParams.set('ssl', 'nothing'), 'URL_INVALID'],
  ])('refuses %s', async (_, change, code) => {
    const error = await failure(openMysql(urlOf(change)));
    expect([error.code, error.message]).toEqual([code, error.message]);
    expectNoSecret(error);
  });

  it('tells a database that is missing', async () => {
    const url = new URL(opened.url);
    url.pathname = '/no_such_database';
    expect((await failure(openMysql(url.href))).code).toBe('DATABASE_MISSING');
  });

  it('reads MYSQL_PWD where the URL has no password', async () => {
    process.env['MYSQL_PWD'] = decodeURIComponent(secret);
    try {
      const database = await openMysql(urlOf((url) => (url.password = '')));
      await database.close();
    } finally {
      delete process.env['MYSQL_PWD'];
    }
  });
});

describe('a server that does not answer', () => {
  it('is given up after the time of the URL', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const error = await failure(openMysql(`mysql://a:s3cr@127.0.0.1:${port}/b?connectTimeout=200`));
    expect([error.code, error.details['reason']]).toEqual(['SERVER_UNREACHABLE', 'no answer in time']);
    expectNoSecret(error);
    server.close();
  });
});

describe('a URL', () => {
  it('is read as the driver reads it', () => {
    const target = readUrl(
      'mysql://a%40b:c%2Fd@[::1]:3307/e%20f?ssl={"rejectUnauthorized":false}&connectTimeout=5000&socketPath=/tmp/x',
    );
    expect(target.database).toBe('e f');
    expect(target.location).toBe('mysql://a%40b@[::1]:3307/e%20f');
    expect(target.options).toMatchObject({
      host: '::1',
      port: 3307,
      user: 'a@b',
      password: 'c/d',
      ssl: { rejectUnauthorized: false },
      connectTimeout: 5000,
      socketPath: '/tmp/x',
    });
  });

  it.each(['mysql://a:s3cr%zz@b/c', 'mysql://a:s3cr@b:port/c', 'mysql://a@b/c/d'])(
    'that cannot be read is refused without showing it: %s',
    (url) => {
      let message = '';
      try {
        readUrl(url);
      } catch (error) {
        message = String(error);
      }
      expect(message).toContain('cannot be used');
      expect(message).not.toContain('s3cr');
    },
  );
});

describe('the version', () => {
  it.each([
    ['9.7.4', 'MySQL Community Server - GPL', 'MySQL 9.7.4 true'],
    ['9.0.1-debug', '', 'MySQL 9.0.1 true'],
    ['8.4.3', '', 'MySQL 8.4.3 false'],
    ['8.4.3-3', 'Percona Server (GPL)', 'MySQL 8.4.3 false'],
    ['10.11.18-MariaDB-0+deb12u1', 'Debian 12', 'MariaDB 10.11.18 true'],
    ['5.5.5-11.4.2-MariaDB', '', 'MariaDB 11.4.2 true'],
    ['11.8.9-MariaDB-4 from Debian', '', 'MariaDB 11.8.9 true'],
    ['8.0.39', '', 'not: MySQL 8.0.39'],
    ['5.7.44-log', '', 'not: MySQL 5.7.44'],
    ['10.6.18-MariaDB', '', 'not: MariaDB 10.6.18'],
    ['12.0.2-MariaDB', '', 'not: MariaDB 12.0.2'],
    ['8.0.11-TiDB-v8.5.0', 'TiDB Server', 'not: TiDB (8.0.11-TiDB-v8.5.0)'],
    ['8.0.30-Vitess', '', 'not: Vitess (8.0.30-Vitess)'],
    ['what', '', 'not: MySQL what'],
  ])('%s %s', (version, comment, expected) => {
    const found = readVersion(version, comment);
    const text =
      'unsupported' in found ? `not: ${found.unsupported}` : `${found.flavour.engine} ${found.version} ${found.tested}`;
    expect(text).toBe(expected);
  });
});
