import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MysqlDatabase } from '#core/database/mysql/mysql-database.js';
import type { MysqlSession } from '#core/database/mysql/session.js';
import { raw, sql } from '#core/database/sql.js';
import { collect, describeEachServer, failure, openFresh, tableOf } from './servers.ts';

/** The shape of a packet is no public part of mysql2: these cases hold it. */
describeEachServer('rows as they stand in the packets', (engine) => {
  let database: MysqlDatabase;
  let session: MysqlSession;

  beforeAll(async () => {
    ({ database } = await openFresh(engine));
    session = await database.session();
  });

  afterAll(() => session.close());

  it('have every length of a value', async () => {
    for (const length of [0, 1, 250, 251, 252, 65_535, 65_536, 15_000_000]) {
      const [row] = await session.query(raw(`SELECT REPEAT('x', ${length}) AS a, NULL AS b, ${length} AS c`));
      expect([row?.['a']?.length, row?.['b'], row?.['c']]).toEqual([length, null, String(length)]);
    }
  });

  it('come from more than one packet of 16 MB', async () => {
    await session.execute('CREATE TABLE wide (a longtext, b longtext, c longtext)');
    await session.execute(`INSERT INTO wide VALUES (REPEAT('a', 9000000), REPEAT('b', 9000000), REPEAT('c', 9000000))`);
    const [row] = await session.query(sql`SELECT * FROM wide`);
    expect(['a', 'b', 'c'].map((name) => row?.[name]?.length)).toEqual([9_000_000, 9_000_000, 9_000_000]);
    expect(row?.['c']?.endsWith('cc')).toBe(true);
  });

  it('are sent in a text of exactly the largest packet', async () => {
    const head = `SELECT LENGTH('`;
    const text = (size: number): string => `${head}${'x'.repeat(size - head.length - 8)}') AS n`;
    const limit = Number((await session.query(sql`SELECT @@max_allowed_packet AS n`))[0]?.['n']);
    const sizes = Array.from({ length: 9 }, (_, index) => 0xffffff - 6 + index);
    for (const size of sizes.filter((bytes) => bytes + 5 < limit)) {
      const [row] = await session.query(raw(text(size)));
      expect(row?.['n']).toBe(String(size - head.length - 8));
    }
  });

  it('of several results are read to the end', async () => {
    await session.execute(
      'CREATE PROCEDURE three() BEGIN SELECT 1 AS a; SELECT 2 AS b, 3 AS c UNION SELECT 4, 5; SELECT 6 AS d; END',
    );
    await session.execute('CALL three()');
    expect(await session.query(sql`SELECT 7 AS after_it`)).toEqual([{ after_it: '7' }]);
  });

  it('stop at an error, and the connection goes on', async () => {
    await session.execute('CREATE TABLE numbers (n int PRIMARY KEY)');
    await session.execute('INSERT INTO numbers VALUES (1), (2), (3)');
    const error = await failure(
      session.query(
        sql`SELECT n, CASE WHEN n = 3 THEN (SELECT n FROM numbers) ELSE 0 END AS x FROM numbers ORDER BY n`,
      ),
    );
    expect(error.code).toBe('STATEMENT_FAILED');
    expect(await session.query(sql`SELECT 1 AS a`)).toEqual([{ a: '1' }]);
  });

  it('stop at an error in the middle of a table, and the connection goes on', async () => {
    await session.execute('CREATE TABLE long_one (id int PRIMARY KEY, t mediumtext NOT NULL)');
    const rows = Array.from({ length: 300 }, (_, id) => `(${id}, REPEAT('x', 200000))`);
    await session.execute(`INSERT INTO long_one VALUES ${rows.join(', ')}`);
    const reader = await database.session();
    const chunks = reader.readRows(tableOf(await reader.describe(), 'long_one'), ['id']);
    expect((await chunks.next()).value?.subarray(0, 4).toString()).toBe("(0,'");
    await session.execute(`KILL QUERY ${reader.id}`);
    const error = await failure(collect(chunks));
    expect(error.code).toBe('STATEMENT_FAILED');
    expect(await reader.query(sql`SELECT 1 AS a`)).toEqual([{ a: '1' }]);
    expect(await collect(reader.readRows(tableOf(await reader.describe(), 'long_one'), ['id']))).toHaveLength(
      rows.reduce((sum, _, id) => sum + String(id).length + 200_006, 0),
    );
    await reader.close();
  });

  it('hold the server back while nobody reads, and keep memory flat', async () => {
    await session.execute('CREATE TABLE big (id int AUTO_INCREMENT PRIMARY KEY, t text)');
    await session.execute(`INSERT INTO big (t) VALUES (REPEAT('x''', 5000))`);
    for (let index = 0; index < 14; index += 1) await session.execute('INSERT INTO big (t) SELECT t FROM big');
    const snapshot = await database.snapshot();
    const before = process.memoryUsage().rss;
    let peak = 0;
    let bytes = 0;
    let chunks = 0;
    for await (const chunk of snapshot.read(tableOf(snapshot.shape, 'big'))) {
      bytes += chunk.length;
      chunks += 1;
      if (chunks % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      peak = Math.max(peak, process.memoryUsage().rss - before);
    }
    await snapshot.close();
    expect(bytes).toBeGreaterThan(240_000_000);
    expect(peak).toBeLessThan(128 * 1024 * 1024);
  });
});
