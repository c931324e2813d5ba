import { beforeAll, expect, it } from 'vitest';
import type { Snapshot } from '#core/database/database.js';
import type { MysqlDatabase } from '#core/database/mysql/mysql-database.js';
import { raw, sql } from '#core/database/sql.js';
import { LockstepError } from '#core/errors.js';
import { collect, describeEachServer, digests, failure, openFresh, tableOf } from './servers.ts';

describeEachServer('a snapshot', (engine) => {
  let database: MysqlDatabase;

  beforeAll(async () => {
    ({ database } = await openFresh(engine));
    const session = await database.session();
    await session.execute(
      'CREATE TABLE accounts (id int AUTO_INCREMENT PRIMARY KEY, balance int NOT NULL, pad char(200) NOT NULL)',
    );
    await session.execute('CREATE TABLE totals (id int PRIMARY KEY, sum int NOT NULL)');
    await session.execute(
      `INSERT INTO accounts (balance, pad) VALUES ${Array.from({ length: 2000 }, () => `(100, REPEAT('x', 200))`).join(', ')}`,
    );
    await session.execute('INSERT INTO totals VALUES (1, 200000)');
    // Sizes are estimates, which are made from time to time.
    await session.execute('ANALYZE TABLE accounts');
    await session.close();
  });

  it('is of one moment, while others write', async () => {
    const running = { stop: false };
    const writers = Array.from({ length: 3 }, async (_, writer) => {
      const session = await database.session();
      for (let round = 1; !running.stop; round += 1) {
        await session.transaction(async () => {
          await session.run(
            sql`UPDATE accounts SET balance = balance + 1 WHERE id = ${((round * 7 + writer) % 2000) + 1}`,
          );
          await session.run(sql`UPDATE totals SET sum = sum + 1`);
        });
      }
      await session.close();
    });
    try {
      for (let round = 0; round < 5; round += 1) {
        const snapshot = await database.snapshot();
        const totals = (await collect(snapshot.read(tableOf(snapshot.shape, 'totals')))).toString();
        const first = await digests(snapshot);
        const [sum] = await snapshot.session.query(sql`SELECT sum(balance) AS sum FROM accounts`);
        expect(totals).toBe(`(1,${sum?.['sum']})\n`);
        expect(await digests(snapshot)).toEqual(first);
        await snapshot.check();
        await snapshot.close();
      }
    } finally {
      running.stop = true;
      await Promise.all(writers);
    }
  });

  it('gives rows in the order of the primary key, columns in the order of their names', async () => {
    const snapshot = await database.snapshot();
    const table = tableOf(snapshot.shape, 'accounts');
    expect(table.columns.map(({ name }) => name)).toEqual(['balance', 'id', 'pad']);
    const ids = (await collect(snapshot.read(table)))
      .toString()
      .split('\n')
      .slice(0, -1)
      .map((line) => Number(line.split(',')[1]));
    expect(ids).toEqual(Array.from({ length: 2000 }, (_, index) => index + 1));
    await snapshot.close();
  });

  it('keeps changes of the shape waiting until it is closed', async () => {
    const session = await database.session();
    await session.execute('CREATE TABLE held (id int PRIMARY KEY)');
    await session.execute('INSERT INTO held VALUES (1)');
    const snapshot = await database.snapshot();
    const order: string[] = [];
    const altered = session
      .execute('ALTER TABLE held ADD COLUMN n int NOT NULL DEFAULT 7')
      .then(() => order.push('altered'));
    const other = await database.session();
    const truncated = other.execute('TRUNCATE held').then(() => order.push('truncated'));
    const watcher = await database.session();
    for (let waiting = 0; waiting < 2;) {
      const rows = await watcher.query(raw('SHOW PROCESSLIST'));
      waiting = rows.filter((row) => row['State']?.includes('metadata lock')).length;
    }
    expect((await collect(snapshot.read(tableOf(snapshot.shape, 'held')))).toString()).toBe('(1)\n');
    await snapshot.check();
    order.push('closed');
    await snapshot.close();
    await Promise.all([altered, truncated]);
    expect(order[0]).toBe('closed');
    await Promise.all([session.close(), other.close(), watcher.close()]);
  });

  it('is whole or refused while the shape changes all the time', async () => {
    const session = await database.session();
    const running = { stop: false };
    const changing = (async () => {
      for (let round = 0; !running.stop; round += 1) {
        await session.execute('CREATE TABLE comes (id int PRIMARY KEY)');
        await session.execute(`ALTER TABLE comes ADD COLUMN c${round} int DEFAULT ${round}`);
        await session.execute(`INSERT INTO comes VALUES (${round}, ${round})`);
        await session.execute('DROP TABLE comes');
      }
    })();
    let refused = 0;
    for (let round = 0; round < 10; round += 1) {
      let snapshot: Snapshot | undefined;
      try {
        snapshot = await database.snapshot();
        for (const table of snapshot.shape.tables) {
          for (const line of (await collect(snapshot.read(table))).toString().split('\n').slice(0, -1)) {
            if (table.name === 'comes') expect(line.split(',').length).toBe(table.columns.length);
          }
        }
        await snapshot.check();
      } catch (error) {
        if (!(error instanceof LockstepError) || error.code !== 'SNAPSHOT_CHANGED') throw error;
        refused += 1;
      } finally {
        await snapshot?.close();
      }
    }
    running.stop = true;
    await changing;
    await session.close();
    expect(refused).toBeLessThanOrEqual(10);
  });

  it('fails its check when its connection is gone', async () => {
    const snapshot = await database.snapshot();
    const killer = await database.session();
    await killer.execute(`KILL ${snapshot.session.id}`);
    expect((await failure(snapshot.check())).code).toBe('CONNECTION_LOST');
    await Promise.all([snapshot.close(), killer.close()]);
  });

  it('knows counters, sizes and the time', async () => {
    const snapshot = await database.snapshot();
    const table = tableOf(snapshot.shape, 'accounts');
    expect(await snapshot.counters()).toEqual([
      { name: { schema: '', name: 'accounts' }, value: '2001', called: false },
    ]);
    expect((await snapshot.sizes()).get(table.label)).toBeGreaterThan(400_000);
    expect(snapshot.takenAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(Math.abs(Date.parse(snapshot.takenAt) - Date.now())).toBeLessThan(60_000);
    if (engine.family === 'mysql') {
      expect(snapshot.position).toMatchObject({ file: expect.any(String), position: expect.stringMatching(/^\d+$/) });
    }
    await snapshot.close();
  });

  it('can be left in the middle of a table', async () => {
    const snapshot = await database.snapshot();
    for await (const rows of snapshot.read(tableOf(snapshot.shape, 'accounts'))) {
      expect(rows.length).toBeGreaterThan(0);
      break;
    }
    expect(await snapshot.session.query(sql`SELECT 1 AS a`)).toEqual([{ a: '1' }]);
    await snapshot.close();
  });
});
