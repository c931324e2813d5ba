import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MysqlDatabase } from '#core/database/mysql/mysql-database.js';
import type { MysqlSession } from '#core/database/mysql/session.js';
import { identifier, raw, sql } from '#core/database/sql.js';
import { runSql } from '../../../../../tests/fixtures/client.ts';
import { describeEachServer, failure, openFresh, type Opened } from './servers.ts';

describeEachServer('a session', (engine) => {
  let opened: Opened;
  let database: MysqlDatabase;
  let session: MysqlSession;

  beforeAll(async () => {
    opened = await openFresh(engine);
    ({ database } = opened);
    session = await database.session({ purpose: 'test' });
    await session.execute('CREATE TABLE t (id int PRIMARY KEY, v text) ENGINE=InnoDB');
  });

  afterAll(() => session.close());

  const one = async (text: string): Promise<string | null | undefined> =>
    (await session.query(raw(`SELECT ${text} AS it`)))[0]?.['it'];

  it('gives all values as text', async () => {
    const [row] = await session.query(
      raw(`SELECT 18446744073709551615 AS a, 0.10 AS b, 1e0 / 3 AS c, TRUE AS d, NULL AS e,
      CAST('2024-02-29 01:02:03.5' AS DATETIME(6)) AS f, 'ü' AS g, '' AS h`),
    );
    expect(row).toEqual({
      a: '18446744073709551615',
      b: '0.10',
      c: '0.3333333333333333',
      d: '1',
      e: null,
      f: '2024-02-29 01:02:03.500000',
      g: 'ü',
      h: '',
    });
  });

  it('sends values exactly, under every sql_mode', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(`\\`, `'`, `\\'`, '"', '\0', '?', '\u{1f600}', `' OR 1 -- `),
    );
    const odd = await database.session();
    for (const mode of ['', 'ANSI_QUOTES', 'NO_BACKSLASH_ESCAPES', 'ANSI,NO_BACKSLASH_ESCAPES']) {
      await odd.execute(`SET sql_mode = '${mode}'`);
      for (const value of fc.sample(text, { numRuns: 40, seed: 1 })) {
        const [row] = await odd.query(sql`SELECT HEX(CONVERT(${value} USING utf8mb4)) AS it`);
        expect(row?.['it']).toBe(Buffer.from(value).toString('hex').toUpperCase());
      }
    }
    await odd.close();
    const [row] = await session.query(
      sql`SELECT ${-1.5} AS a, ${10n ** 18n} AS b, ${true} AS c, ${null} AS d, HEX(${Buffer.from([0, 255])}) AS e, HEX(${Buffer.alloc(0)}) AS f`,
    );
    expect(row).toEqual({ a: '-1.5', b: '1000000000000000000', c: '1', d: null, e: '00FF', f: '' });
  });

  it('counts what an UPDATE finds, as Postgres does', async () => {
    await session.run(sql`INSERT INTO t VALUES (${1}, 'a'), (${2}, 'b')`);
    expect(await session.run(sql`UPDATE ${identifier('t')} SET v = 'a'`)).toBe(2);
    expect(await session.run(sql`UPDATE t SET v = 'a'`)).toBe(2);
    expect(await session.run(sql`DELETE FROM t`)).toBe(2);
  });

  it('sends one statement at a time', async () => {
    const error = await failure(session.execute(`INSERT INTO t VALUES (1, 'x'); DROP TABLE t`));
    expect(error.code).toBe('STATEMENT_FAILED');
    expect(await one('(SELECT count(*) FROM t)')).toBe('0');
  });

  it('commits a transaction, or undoes it and throws the error on', async () => {
    await session.transaction(async () => session.run(sql`INSERT INTO t VALUES (1, 'kept')`));
    const undone = session.transaction(async () => {
      await session.run(sql`INSERT INTO t VALUES (2, 'lost')`);
      throw new Error('stop');
    });
    await expect(undone).rejects.toThrow('stop');
    expect(await session.query(sql`SELECT id, v FROM t`)).toEqual([{ id: '1', v: 'kept' }]);
    const nested = session.transaction(async () => session.transaction(async () => 1));
    await expect(nested).rejects.toMatchObject({ code: 'INTERNAL' });
    await session.run(sql`DELETE FROM t`);
  });

  it('does not commit after a deadlock that was caught', async () => {
    await session.run(sql`INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')`);
    const other = await database.session();
    await other.execute('START TRANSACTION');
    // The one that has changed less is rolled back.
    await other.run(sql`UPDATE t SET v = 'x' WHERE id IN (2, 3)`);
    const result = session.transaction(async () => {
      await session.run(sql`UPDATE t SET v = 'y' WHERE id = 1`);
      const waiting = other.run(sql`UPDATE t SET v = 'x' WHERE id = 1`);
      await failure(session.run(sql`UPDATE t SET v = 'y' WHERE id = 2`));
      await waiting;
      await other.execute('ROLLBACK');
      await session.run(sql`INSERT INTO t VALUES (4, 'half')`);
    });
    await expect(result).rejects.toMatchObject({ code: 'STATEMENT_FAILED', details: { sqlState: '40001' } });
    await other.close();
    await session.run(sql`DELETE FROM t`);
  });

  it("keeps the server's sql_mode for migrations, and time in UTC", async () => {
    expect(await one('@@sql_mode = @@GLOBAL.sql_mode')).toBe('1');
    expect(await one('@@time_zone')).toBe('+00:00');
    expect(await one('@@collation_connection')).toBe('utf8mb4_unicode_ci');
    expect(await one('@@autocommit')).toBe('1');
  });

  it('puts the sql_mode back after a load', async () => {
    const own = await database.session();
    await own.execute(`SET sql_mode = 'ANSI_QUOTES'`);
    const shape = await own.describe();
    const [table] = shape.tables;
    if (!table) throw new Error('no table');
    await own.load(table, Buffer.from(`(5,'x')\n`));
    expect((await own.query(sql`SELECT @@sql_mode AS mode, count(*) AS n FROM t`))[0]).toEqual({
      mode: 'ANSI_QUOTES',
      n: '1',
    });
    await own.run(sql`DELETE FROM t`);
    await own.close();
  });

  it('refuses bytes that are no text', async () => {
    expect((await failure(session.query(sql`SELECT x'ff00' AS it`))).message).toContain('ask for HEX()');
    expect(await one('1')).toBe('1');
  });

  it('names what the server refuses, without passwords', async () => {
    const wrong = await failure(session.execute('SELEC 1'));
    expect([wrong.code, wrong.details['sqlState'], wrong.details['number']]).toEqual([
      'STATEMENT_FAILED',
      '42000',
      '1064',
    ]);
    const secret = await failure(session.execute(`CREATE USER nobody IDENTIFIED BY 's3cret' ON`));
    expect(JSON.stringify([secret.message, secret.details])).not.toContain('s3cret ON');
    expect(secret.details['statement']).toBe(`CREATE USER nobody IDENTIFIED BY '***' ON`);
  });

  it('ends what it is doing on the server when it is closed', async () => {
    const busy = await database.session({ purpose: 'sleeper' });
    const running = failure(busy.query(sql`SELECT SLEEP(60) AS it`));
    await until(async () => (await listed(busy.id)) === 'Query');
    await busy.close();
    expect((await running).code).toBe('CONNECTION_LOST');
    await until(async () => (await listed(busy.id)) === undefined);
    expect((await failure(busy.query(sql`SELECT 1`))).code).toBe('CONNECTION_LOST');
  });

  it('says so when the connection is gone', async () => {
    const lost = await database.session();
    await runSql(opened, `KILL ${lost.id}`);
    expect((await failure(lost.query(sql`SELECT 1`))).code).toBe('CONNECTION_LOST');
    await lost.close();
    const busy = await database.session();
    const running = failure(busy.query(sql`SELECT SLEEP(60) AS it`));
    await until(async () => (await listed(busy.id)) === 'Query');
    await runSql(opened, `KILL ${busy.id}`);
    expect((await running).code).toBe('CONNECTION_LOST');
    await busy.close();
  });

  it('waits until another connection is done', async () => {
    const busy = await database.session();
    const running = busy.query(sql`SELECT SLEEP(1) AS it`);
    await until(async () => (await listed(busy.id)) === 'Query');
    const order: string[] = [];
    const waiting = session.waitForEnd(busy.id).then(() => order.push('waited'));
    await sleep(300);
    expect(order).toEqual([]);
    await running;
    await waiting;
    await busy.close();
    await session.waitForEnd(busy.id);
    await session.waitForEnd('4000000000');
  });

  const listed = async (id: string): Promise<string | null | undefined> => {
    const rows = await session.query(raw('SHOW PROCESSLIST'));
    return rows.find((row) => row['Id'] === id)?.['Command'];
  };
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20);
}
