import { readFile } from 'node:fs/promises';
import { beforeAll, expect, it } from 'vitest';
import { openMysql } from '#core/database/mysql/open.js';
import type { MysqlDatabase } from '#core/database/mysql/mysql-database.js';
import { raw } from '#core/database/sql.js';
import { backup, digestDatabase, migrate, openStorage, restore } from '@lockstep/core';
import { authority } from '../../../../../tests/fixtures/authority.ts';
import type { Authority } from '../../../../../tests/fixtures/authority.ts';
import { atEnd } from '../../../../../tests/fixtures/cleanup.ts';
import { runCli } from '../../../../../tests/fixtures/cli.ts';
import { runSql } from '../../../../../tests/fixtures/client.ts';
import { describeEachEngine } from '../../../../../tests/fixtures/engines.ts';
import { privateServer } from '../../../../../tests/fixtures/private-server.ts';
import { fillShop, olderShopProduct, withBackup } from '../../../../../tests/fixtures/shop.ts';
import { temporaryFolder } from '../../../../../tests/fixtures/temporary-folder.ts';
import { failure } from './servers.ts';

const secret = 's3cr/t';

describeEachEngine(
  'a server that demands TLS',
  (engine) => {
    // MariaDB does not tell a wrong password from a connection that is not encrypted.
    const needed: [string, RegExp] =
      engine.family === 'mysql' ? ['TLS_NEEDED', /insecure transport/] : ['LOGIN_REFUSED', /TLS is demanded/];
    let own: Authority;
    let other: Authority;
    let server: string;
    let socket: string;

    beforeAll(async () => {
      [own, other] = [await authority(), await authority()];
      const { certificate, key } = own.server;
      const options = [`--ssl-ca=${own.certificate}`, `--ssl-cert=${certificate}`, `--ssl-key=${key}`];
      const started = await privateServer(engine, { options });
      server = started.engine.url ?? '';
      socket = await runSql(
        { engine: started.engine, url: server },
        `SELECT @@socket; CREATE USER app@'%' IDENTIFIED BY '${secret}'; GRANT ALL ON *.* TO app@'%';
        CREATE DATABASE shop CHARACTER SET utf8mb4; CREATE DATABASE copy CHARACTER SET utf8mb4; SET GLOBAL require_secure_transport = ON`,
      );
    });

    const urlOf = (ssl: object | undefined, database = 'shop'): string => {
      const url = new URL(server);
      Object.assign(url, { hostname: 'localhost', pathname: `/${database}`, username: 'app' });
      url.password = encodeURIComponent(secret);
      if (ssl) url.searchParams.set('ssl', JSON.stringify(ssl));
      return url.href;
    };
    const trusting = async ({ certificate }: Authority): Promise<object> => ({
      ca: await readFile(certificate, 'utf8'),
    });
    const open = async (url: string): Promise<MysqlDatabase> => {
      const database = await openMysql(url);
      atEnd(() => database.close());
      return database;
    };

    it('is reached by the authority that has signed its certificate', async () => {
      for (const more of [{}, { verifyIdentity: true }]) {
        const database = await open(urlOf({ ...(await trusting(own)), ...more }));
        const session = await database.session();
        const [row] = await session.query(raw(`SHOW SESSION STATUS LIKE 'Ssl_cipher'`));
        expect(row?.['Value']).toMatch(/^TLS_|-/);
        expect(database.location).not.toContain('CERTIFICATE');
      }
    });

    it('takes and gives rows as any other', async () => {
      const [database, copy] = await Promise.all(
        ['shop', 'copy'].map(async (name) => open(urlOf(await trusting(own), name))),
      );
      if (!database || !copy) throw new Error('two databases');
      const product = await (await olderShopProduct()).load('1.0.0');
      await migrate(database, product);
      await fillShop(database);
      const session = await database.session();
      // More than a packet of the protocol, and than one record of TLS.
      await session.execute('ALTER TABLE item ADD COLUMN more longblob');
      await session.execute(`UPDATE item SET more = REPEAT('x', 9000000) WHERE id IN ('i1', 'i2')`);
      const { file } = await backup(database, product, openStorage(await temporaryFolder()));
      await withBackup(file, (archive) => restore(copy, product, archive, { embedded: true }));
      expect(await digestDatabase(copy, product)).toEqual(await digestDatabase(database, product));
    });

    it.each<[string, () => Promise<object | undefined>, string, RegExp]>([
      ['another authority', async () => trusting(other), 'TLS_FAILED', /certificate/],
      ['none but those that everybody trusts', async () => ({}), 'TLS_FAILED', /certificate/],
      ['no TLS', async () => undefined, ...needed],
    ])('is not reached with %s', async (_, ssl, code, reason) => {
      const url = urlOf(await ssl());
      const { code: exit, stdout, stderr } = await runCli(['--database-url', url, '--json', 'info']);
      expect(exit).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({ error: { code, details: { reason: expect.stringMatching(reason) } } });
      expect(stderr).toMatch(new RegExp(`^${code}: `));
      expect(stdout + stderr).not.toMatch(/s3cr|BEGIN CERTIFICATE/);
    });

    it('is not reached by a name that is not in its certificate, if the URL asks for that', async () => {
      const ca = await trusting(own);
      const elsewhere = (ssl: object): string => {
        const url = new URL(urlOf(ssl));
        url.hostname = 'db.example';
        url.searchParams.set('socketPath', socket);
        return url.href;
      };
      await open(elsewhere(ca));
      const error = await failure(openMysql(elsewhere({ ...ca, verifyIdentity: true })));
      expect(error).toMatchObject({ code: 'TLS_FAILED', details: { reason: expect.stringContaining('db.example') } });
    });
  },
  ({ name }) => name === 'mysql9' || name === 'mariadb10',
);
