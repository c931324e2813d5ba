import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import { openDatabase, raw, SessionPool, sql } from '@lockstep/core';
import type { Database, Session } from '@lockstep/core';
import { atEnd } from '../../../../tests/fixtures/cleanup.ts';
import { describeEachEngine, describeEachVersion } from '../../../../tests/fixtures/engines.ts';
import type { Engine } from '../../../../tests/fixtures/engines.ts';
import { freshDatabase } from '../../../../tests/fixtures/fresh-database.ts';

async function opened(engine: Engine): Promise<Database> {
  const { url } = await freshDatabase(engine);
  const database = await openDatabase(url);
  atEnd(() => database.close());
  return database;
}

const ping = (session: Session) => session.query(sql`SELECT 1 AS one`);

describeEachVersion('a pool of sessions', (engine) => {
  let database: Database;
  beforeAll(async () => {
    database = await opened(engine);
  });

  it('lends no more than it has, to one user each', async () => {
    const pool = new SessionPool(database, { size: 2 });
    const most = Math.min(2, database.parallelSessions);
    const atWork = new Set<string>();
    const seen = new Set<string>();
    const asked = Array.from({ length: 12 }, () =>
      pool.use(async (session) => {
        expect(atWork).not.toContain(session.id);
        atWork.add(session.id);
        seen.add(session.id);
        expect(atWork.size).toBeLessThanOrEqual(most);
        await ping(session);
        atWork.delete(session.id);
      }),
    );
    await Promise.all(asked);
    expect(seen.size).toBe(most);
    await pool.close();
  });

  it('lends in the order of asking', async () => {
    const pool = new SessionPool(database, { size: 1 });
    const numbers = Array.from({ length: 8 }, (_, index) => index);
    const order: number[] = [];
    const work = async (number: number, session: Session) => {
      order.push(number);
      await ping(session);
    };
    await Promise.all(numbers.map((number) => pool.use((session) => work(number, session))));
    expect(order).toEqual(numbers);
    await pool.close();
  });

  it('passes on what work returns and throws, and lends the session again', async () => {
    const pool = new SessionPool(database, { size: 1 });
    const id = await pool.use(async (session) => session.id);
    await expect(pool.use(() => Promise.reject(new Error('of the work')))).rejects.toThrow('of the work');
    await expect(pool.use((session) => session.query(raw('SELECT nothing FROM nowhere')))).rejects.toMatchObject({
      code: 'STATEMENT_FAILED',
    });
    expect(await pool.use(async (session) => session.id)).toBe(id);
    await pool.close();
  });

  it('closes after the work that was asked for, and lends nothing more', async () => {
    const pool = new SessionPool(database, { size: 1 });
    const done: string[] = [];
    const work = (name: string) =>
      pool.use(async (session) => {
        await ping(session);
        done.push(name);
      });
    const asked = [work('first'), work('second')];
    await pool.close();
    expect(done).toEqual(['first', 'second']);
    await Promise.all(asked);
    await expect(pool.use(ping)).rejects.toMatchObject({ code: 'INTERNAL' });
    await pool.close();
  });
});

describeEachEngine(
  'a pool whose connections are lost',
  (engine) => {
    let database: Database;
    let administrator: Session;
    beforeAll(async () => {
      database = await opened(engine);
      administrator = await database.session();
      atEnd(() => administrator.close());
    });

    async function kill(session: Session): Promise<void> {
      const postgres = engine.family === 'postgres';
      const [row] = await session.query(raw(`SELECT ${postgres ? 'pg_backend_pid()' : 'connection_id()'} AS id`));
      await administrator.execute(postgres ? `SELECT pg_terminate_backend(${row?.['id']})` : `KILL ${row?.['id']}`);
    }

    it('replaces one that is lost at work', async () => {
      const pool = new SessionPool(database, { size: 1 });
      const lost = pool.use(async (session) => {
        await kill(session);
        // The server needs a moment to end it; until then it still answers.
        for (;;) await ping(session);
      });
      await expect(lost).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
      expect(await pool.use(ping)).toEqual([{ one: '1' }]);
      await pool.close();
    });

    it('replaces one that was lost while nobody used it, unnoticed', async () => {
      const pool = new SessionPool(database, { size: 1 });
      const before = await pool.use(async (session) => {
        await kill(session);
        return session.id;
      });
      await sleep(1100);
      const after = await pool.use(async (session) => {
        await ping(session);
        return session.id;
      });
      expect(after).not.toBe(before);
      await pool.close();
    });
  },
  // An embedded database has no connections that could be cut.
  (engine) => engine.url !== undefined,
);
