import { beforeAll, describe, expect, it } from 'vitest';
import { lockName } from '#core/database/mysql/lock-name.js';
import type { MysqlDatabase } from '#core/database/mysql/mysql-database.js';
import type { Lock, LockAttempt } from '#core/database/database.js';
import { raw } from '#core/database/sql.js';
import { runSql } from '../../../../../tests/fixtures/client.ts';
import { describeEachServer, failure, nameOf, openFresh, type Opened } from './servers.ts';

const history = { schema: '', table: 'flyway_schema_history' };

describe('the name of a lock', () => {
  it("is Flyway's", () => {
    expect(lockName('app', 'flyway_schema_history')).toBe('Flyway--320650056');
  });

  it('fits into the 64 characters that there are', () => {
    expect(lockName('ü'.repeat(64), 'x'.repeat(64)).length).toBeLessThan(64);
  });
});

async function take(attempt: Promise<LockAttempt>): Promise<Lock> {
  const taken = await attempt;
  if (!taken.held) throw new Error(`held by ${taken.holder}`);
  return taken.lock;
}

describeEachServer('the lock', (engine) => {
  let opened: Opened;
  let database: MysqlDatabase;

  beforeAll(async () => {
    opened = await openFresh(engine);
    ({ database } = opened);
  });

  it('is held by one, and names its holder', async () => {
    const lock = await take(database.tryLock(history, 'migrate on host a, process 7'));
    const second = await database.tryLock(history, 'other');
    // MariaDB keeps the names of connections only where performance_schema is on.
    const name =
      engine.family === 'mysql'
        ? 'migrate on host a, process 7'
        : '(migrate on host a, process 7|a connection without a name)';
    expect(second).toMatchObject({
      held: false,
      holder: expect.stringMatching(new RegExp(`^${name} \\(connection \\d+, root from localhost:\\d+\\)$`)),
    });
    await lock.check();
    await lock.release();
    await lock.release();
    await (await take(database.tryLock(history, 'other'))).release();
  });

  it('goes to one of many that ask at once', async () => {
    const attempts = await Promise.all(
      Array.from({ length: 8 }, (_, index) => database.tryLock(history, `asker ${index}`)),
    );
    const held = attempts.filter((attempt) => attempt.held);
    expect(held.length).toBe(1);
    for (const attempt of held) if (attempt.held) await attempt.lock.release();
  });

  it('shuts out a Flyway at work, and is shut out by one', async () => {
    const session = await database.session();
    const name = lockName(nameOf(opened.url), history.table);
    const get = async (): Promise<string | null | undefined> =>
      (await session.query(raw(`SELECT GET_LOCK('${name}', 0) AS got`)))[0]?.['got'];
    const lock = await take(database.tryLock(history, 'a'));
    expect(await get()).toBe('0');
    await lock.release();
    expect(await get()).toBe('1');
    expect((await database.tryLock(history, 'b')).held).toBe(false);
    await session.close();
  });

  it('goes with its host, and so do the other connections of its holder', async () => {
    const limit = async (): Promise<string | null | undefined> => {
      const session = await database.session();
      const [row] = await session.query(raw('SELECT @@wait_timeout AS seconds'));
      await session.close();
      return row?.['seconds'];
    };
    const before = await limit();
    const lock = await take(database.tryLock(history, 'a'));
    expect(await limit()).toBe('60');
    await lock.release();
    expect(await limit()).toBe(before);
  });

  it('keeps a transaction from being committed that began before it was lost', async () => {
    const lock = await take(database.tryLock(history, 'a'));
    const session = await database.session();
    await session.execute('CREATE TABLE fenced (id int PRIMARY KEY)');
    const writing = session.transaction(async () => {
      await session.execute('INSERT INTO fenced VALUES (1)');
      const name = lockName(nameOf(opened.url), history.table);
      const used = await runSql(opened, `SELECT IS_USED_LOCK('${name}')`);
      await runSql(opened, `KILL ${used}`);
    });
    expect((await failure(writing)).code).toBe('LOCK_LOST');
    expect(await runSql(opened, 'SELECT count(*) FROM fenced')).toBe('0');
    await session.close();
    expect((await failure(lock.release())).code).toBe('LOCK_LOST');
  });

  it('is of its database alone', async () => {
    const other = (await openFresh(engine)).database;
    const lock = await take(database.tryLock(history, 'a'));
    await (await take(other.tryLock(history, 'b'))).release();
    await lock.release();
  });

  it('is lost with its connection, and goes to the next', async () => {
    const lock = await take(database.tryLock(history, 'a'));
    const name = lockName(nameOf(opened.url), history.table);
    await runSql(
      opened,
      `SET @id = IS_USED_LOCK('${name}'); SET @kill = CONCAT('KILL ', @id); PREPARE k FROM @kill; EXECUTE k;`,
    );
    expect((await failure(lock.check())).code).toBe('LOCK_LOST');
    const next = await take(database.tryLock(history, 'b'));
    expect((await failure(lock.release())).code).toBe('LOCK_LOST');
    await next.check();
    await next.release();
  });
});
