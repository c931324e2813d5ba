import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import { withCommitsHeld } from '#core/database/mysql/commit-block.js';
import { mariadb, mysql } from '#core/database/mysql/flavour.js';
import type { MysqlDatabase } from '#core/database/mysql/mysql-database.js';
import { openMysql } from '#core/database/mysql/open.js';
import type { MysqlSession } from '#core/database/mysql/session.js';
import { raw, sql } from '#core/database/sql.js';
import { atEnd } from '../../../../../tests/fixtures/cleanup.ts';
import { runSql } from '../../../../../tests/fixtures/client.ts';
import { privateServer } from '../../../../../tests/fixtures/private-server.ts';
import { collect, describeEachServer, failure, nameOf, openFresh, tableOf } from './servers.ts';
import type { Opened } from './servers.ts';

describeEachServer('several readers', (engine) => {
  let opened: Opened;
  let database: MysqlDatabase;
  let neighbour: Opened;
  const flavour = engine.family === 'mysql' ? mysql : mariadb;

  beforeAll(async () => {
    // Its own: what holds up the commits of a server, and what runs for long on it, is everybody's there.
    const { engine: own } = await privateServer(engine);
    opened = await openFresh(own);
    ({ database } = opened);
    neighbour = await openFresh(own);
    const session = await database.session();
    for (const table of ['giro', 'savings', 'loans']) {
      await session.execute(`CREATE TABLE ${table} (id int PRIMARY KEY, balance int NOT NULL, pad char(100) NOT NULL)`);
      const rows = Array.from({ length: 300 }, (_, id) => `(${id}, 100, '')`);
      await session.execute(`INSERT INTO ${table} VALUES ${rows.join(', ')}`);
    }
    await session.close();
  });

  /** Runs writers that move money between tables, while `work` runs. Returns how many transfers there were. */
  async function underWriters(work: () => Promise<void>): Promise<number> {
    const tables = ['giro', 'savings', 'loans'];
    const running = { stop: false };
    const writers = Array.from({ length: 3 }, async (_, writer) => {
      const session = await database.session();
      let transfers = 0;
      for (; !running.stop; transfers += 1) {
        const id = (transfers % 100) * 3 + writer;
        const [from, to] = [tables[transfers % 3], tables[(transfers + 1) % 3]];
        await session.transaction(async () => {
          await session.execute(`UPDATE ${from} SET balance = balance - 1 WHERE id = ${id}`);
          await session.execute(`UPDATE ${to} SET balance = balance + 1 WHERE id = ${id}`);
        });
      }
      await session.close();
      return transfers;
    });
    try {
      await work();
    } finally {
      running.stop = true;
    }
    return (await Promise.all(writers)).reduce((sum, count) => sum + count, 0);
  }

  /** What all accounts hold, read by all readers at the same time. */
  async function sumOf(snapshot: Awaited<ReturnType<MysqlDatabase['snapshot']>>): Promise<number> {
    const sums = ['giro', 'savings', 'loans'].map(async (name) => {
      const lines = (await collect(snapshot.read(tableOf(snapshot.shape, name)))).toString().trim().split('\n');
      return lines.reduce((sum, line) => sum + Number(line.slice(1).split(',')[0]), 0);
    });
    return (await Promise.all(sums)).reduce((sum, part) => sum + part, 0);
  }

  it('see the same moment, while others write', async () => {
    const moments = new Set<string>();
    const transfers = await underWriters(async () => {
      for (let round = 0; round < 10; round += 1) {
        const snapshot = await database.snapshot([], { readers: 3 });
        expect(snapshot.readers).toBe(3);
        expect(snapshot.notes).toEqual([]);
        expect(await sumOf(snapshot)).toBe(90_000);
        moments.add(JSON.stringify(snapshot.position));
        await snapshot.check();
        await snapshot.close();
      }
    });
    expect(transfers).toBeGreaterThan(30);
    // Otherwise nothing was written between the snapshots, and the sums prove nothing.
    if (engine.family === 'mysql') expect(moments.size).toBeGreaterThan(1);
  });

  it('leave no lock behind, whether they begin, give up or are closed', async () => {
    const writer = await database.session();
    await writer.execute('SET SESSION lock_wait_timeout = 5');
    const snapshot = await database.snapshot([], { readers: 2 });
    await writer.execute('UPDATE giro SET pad = 1');
    await snapshot.close();
    await writer.execute('CREATE TABLE made_after (id int PRIMARY KEY)');
    await writer.execute('DROP TABLE made_after');
    await writer.close();
  });

  it('let changes of the shape of others go on, which wait or are done and never fail', async () => {
    const session = await database.session();
    const running = { stop: false };
    const changing = (async () => {
      for (let round = 0; !running.stop; round += 1) {
        await session.execute('CREATE TABLE comes (id int PRIMARY KEY)');
        await session.execute('DROP TABLE comes');
      }
    })();
    try {
      for (let round = 0; round < 5; round += 1) {
        // Of another database on the same server.
        const snapshot = await neighbour.database.snapshot([], { readers: 2 });
        await snapshot.close();
      }
    } finally {
      running.stop = true;
    }
    await changing;
    await session.close();
  });

  it('take turns when there are more reads than readers', async () => {
    const snapshot = await database.snapshot([], { readers: 2 });
    const table = tableOf(snapshot.shape, 'giro');
    const reads = await Promise.all(Array.from({ length: 7 }, () => collect(snapshot.read(table))));
    expect(new Set(reads.map(String)).size).toBe(1);
    const waiting = snapshot.read(table)[Symbol.asyncIterator]();
    const other = snapshot.read(table)[Symbol.asyncIterator]();
    await Promise.all([waiting.next(), other.next()]);
    const third = collect(snapshot.read(table));
    await waiting.return?.();
    expect((await third).equals(reads[0] ?? Buffer.alloc(0))).toBe(true);
    await other.return?.();
    await snapshot.close();
  });

  it('let a scratch database be made, and keep the tables', async () => {
    const snapshot = await database.snapshot([], { readers: 2 });
    const scratch = await database.scratch();
    await scratch.drop();
    const session = await database.session();
    await session.execute('SET SESSION lock_wait_timeout = 1');
    expect((await failure(session.execute('ALTER TABLE giro ADD COLUMN n int'))).details['number']).toBe('1205');
    await session.close();
    expect(await sumOf(snapshot)).toBe(90_000);
    await snapshot.check();
    await snapshot.close();
  });

  it('do not read what was truncated after the snapshot was taken', async () => {
    const session = await database.session();
    await session.execute('CREATE TABLE cut (id int PRIMARY KEY)');
    await session.execute('INSERT INTO cut VALUES (1)');
    const reader = await database.session();
    await reader.execute('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await reader.execute('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
    await session.execute('TRUNCATE cut');
    // The number that a snapshot takes for a change of the shape.
    expect((await failure(reader.query(sql`SELECT id FROM cut`))).details['number']).toBe('1412');
    await reader.close();
    await session.execute('DROP TABLE cut');
    await session.close();
  });

  it('are one where the user may not hold commits back, and the notes name the privilege', async () => {
    const user = `u${nameOf(opened.url)}`;
    const name = nameOf(opened.url);
    await runSql(opened, `CREATE USER ${user} IDENTIFIED BY 'secret'`);
    await runSql(opened, `GRANT ALL ON ${name}.* TO ${user}`);
    atEnd(async () => {
      await runSql(opened, `DROP USER ${user}`);
    });
    const url = new URL(opened.url);
    [url.username, url.password] = [user, 'secret'];
    const limited = await openMysql(url.href);
    const underprivileged = async (): Promise<readonly [number, string]> => {
      const snapshot = await limited.snapshot([], { readers: 2 });
      try {
        expect(await sumOf(snapshot)).toBe(90_000);
        return [snapshot.readers, snapshot.notes.join('\n')];
      } finally {
        await snapshot.close();
      }
    };
    if (engine.family === 'mysql') {
      expect(await underprivileged()).toEqual([1, expect.stringMatching(/one reader[^]*PROCESS/)]);
      await runSql(opened, `GRANT PROCESS ON *.* TO ${user}`);
      expect(await underprivileged()).toEqual([1, expect.stringContaining('RELOAD or FLUSH_TABLES')]);
      await runSql(opened, `GRANT FLUSH_TABLES ON *.* TO ${user}`);
      expect(await underprivileged()).toEqual([2, expect.stringContaining('BACKUP_ADMIN')]);
      await runSql(opened, `GRANT BACKUP_ADMIN ON *.* TO ${user}`);
    } else {
      expect(await underprivileged()).toEqual([1, expect.stringMatching(/one reader[^]*RELOAD/)]);
      await runSql(opened, `GRANT RELOAD ON *.* TO ${user}`);
    }
    expect(await underprivileged()).toEqual([2, '']);
    await limited.close();
  });

  it('make nobody wait for a long query', async () => {
    const [long, guard, writer] = await Promise.all([database.session(), database.session(), database.session()]);
    const running = long.query(sql`SELECT SLEEP(600), id FROM giro WHERE id = 1`).catch(() => undefined);
    await sleepUntilLong(writer, long.id);
    const held = await withCommitsHeld(guard, flavour, async () => 'done', 0);
    if (engine.family === 'mysql') {
      expect(held).toEqual({ held: false, reason: expect.stringContaining(`connection ${long.id} `) });
    } else {
      expect(held).toEqual({ held: true, result: 'done' });
    }
    // Nobody waits: neither for a lock nor for a table that is to be flushed.
    await writer.execute('SET SESSION lock_wait_timeout = 2');
    await writer.execute('UPDATE giro SET pad = 2');
    await writer.query(sql`SELECT count(*) AS n FROM giro`);
    await Promise.all([long.close(), guard.close(), writer.close()]);
    await running;
  });

  it("do not take another's waiting for a named lock for a long query", async () => {
    const [holder, waiting, guard] = await Promise.all([database.session(), database.session(), database.session()]);
    const name = `Flyway-${nameOf(opened.url)}`;
    await holder.query(sql`SELECT GET_LOCK(${name}, 0)`);
    // Flyway waits like this, ten seconds each time.
    const running = waiting.query(sql`SELECT GET_LOCK(${name},10)`).catch(() => undefined);
    await sleepUntilLong(holder, waiting.id);
    expect(await withCommitsHeld(guard, flavour, async () => 'done', 0)).toEqual({ held: true, result: 'done' });
    await Promise.all([holder.close(), waiting.close(), guard.close()]);
    await running;
  });

  it('give the lock back when it came too late', async () => {
    const [blocker, guard, writer] = await Promise.all([database.session(), database.session(), database.session()]);
    // What the lock waits for, and no look at long queries can see.
    await blocker.execute(engine.family === 'mysql' ? 'LOCK TABLES loans WRITE' : 'BACKUP STAGE START');
    const held = await withCommitsHeld(guard, flavour, async () => 'done', 0);
    expect(held).toEqual({ held: false, reason: expect.stringContaining('took longer') });
    await writer.execute('SET SESSION lock_wait_timeout = 5');
    await writer.execute('UPDATE giro SET pad = 5');
    await blocker.execute(engine.family === 'mysql' ? 'UNLOCK TABLES' : 'BACKUP STAGE END');
    expect(await withCommitsHeld(guard, flavour, async () => 'done', 10)).toEqual({ held: true, result: 'done' });
    await Promise.all([blocker.close(), guard.close(), writer.close()]);
  });

  it('release commits when the work under the lock fails, and when its connection is gone', async () => {
    const [guard, writer] = await Promise.all([database.session(), database.session()]);
    await writer.execute('SET SESSION lock_wait_timeout = 5');
    const broken = withCommitsHeld(guard, flavour, async () => {
      throw new Error('broken');
    });
    await expect(broken).rejects.toThrow('broken');
    await writer.execute('UPDATE giro SET pad = 3');
    const killed = await failure(
      withCommitsHeld(guard, flavour, async () => {
        await writer.execute(`KILL ${guard.id}`);
        await writer.execute('UPDATE giro SET pad = 4');
      }),
    );
    expect(killed.code).toBe('CONNECTION_LOST');
    await Promise.all([guard.close(), writer.close()]);
  });

  async function sleepUntilLong(session: MysqlSession, id: string): Promise<void> {
    for (;;) {
      const list = await session.query(raw('SHOW PROCESSLIST'));
      if (Number(list.find((row) => row['Id'] === id)?.['Time']) >= 1) return;
      await sleep(100);
    }
  }
});
