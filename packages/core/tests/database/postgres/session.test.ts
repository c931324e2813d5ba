import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import type { PostgresDatabase } from '#core/database/postgres/postgres-database.js';
import { openPostgres } from '#core/database/postgres/open.js';
import type { PostgresSession } from '#core/database/postgres/session.js';
import { identifier, raw, sql } from '#core/database/sql.js';
import { atEnd } from '../../../../../tests/fixtures/cleanup.ts';
import { collect, describeEachServer, failure, openFresh, openSession } from './servers.ts';

const core = join(import.meta.dirname, '../../../dist');

describeEachServer('a session', (engine) => {
  let url: string;
  let database: PostgresDatabase;
  let session: PostgresSession;

  beforeAll(async () => {
    ({ url, database } = await openFresh(engine));
    const first = await openSession(database);
    await first.execute('CREATE TABLE t (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)');
    await first.close();
  });

  beforeEach(async () => {
    session = await openSession(database);
    return () => session.close();
  });

  it('gives every value as the text that the server wrote', async () => {
    const rows = await session.query(
      raw(`SELECT 9007199254740993 AS big, 1.10::numeric AS num, 0.1::float4 AS real,
      true AS yes, NULL AS nothing, '\\x00ff'::bytea AS bytes, '{"a": 1}'::jsonb AS json, '{1,NULL}'::int[] AS list,
      '2026-11-22 12:30:00.123456+02'::timestamptz AS time, 'infinity'::date AS day, '1 mon 2 days'::interval AS span,
      '12.5'::money AS price`),
    );
    expect(rows).toEqual([
      {
        big: '9007199254740993',
        num: '1.10',
        real: '0.1',
        yes: 't',
        nothing: null,
        bytes: '\\x00ff',
        json: '{"a": 1}',
        list: '{1,NULL}',
        time: '2026-11-22 10:30:00.123456+00',
        day: 'infinity',
        span: '1 mon 2 days',
        price: '$12.50',
      },
    ]);
  });

  it('has the same settings whatever role and database say, but keeps time limits of the URL', async () => {
    const name = new URL(url).pathname.slice(1);
    await session.execute(`ALTER DATABASE ${name} SET TimeZone = 'Asia/Tokyo'`);
    await session.execute(`ALTER DATABASE ${name} SET DateStyle = 'German'`);
    await session.execute(`ALTER DATABASE ${name} SET search_path = pg_temp`);
    await session.execute(`ALTER DATABASE ${name} SET statement_timeout = '7s'`);
    await session.execute(`ALTER DATABASE ${name} SET lock_timeout = '7s'`);
    await session.execute(`ALTER DATABASE ${name} SET idle_in_transaction_session_timeout = '7s'`);
    await session.execute(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    const settings = sql`SELECT now()::text ~ '\\+00$' AS utc, '2026-11-22'::date AS day, current_setting('search_path') AS path,
      current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
      current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('transaction_read_only') AS readonly`;
    const expected = {
      utc: 't',
      day: '2026-11-22',
      path: '"public", "a""b"',
      statement: '0',
      lock: '0',
      idle: '0',
      readonly: 'off',
    };
    const other = await database.session({ schemas: ['public', 'a"b'] });
    expect(await other.query(settings)).toEqual([expected]);
    const limited = await openPostgres(`${url}?statement_timeout=1234&options=-c%20lock_timeout%3D4321`);
    const third = await limited.session({ schemas: ['public', 'a"b'] });
    expect(await third.query(settings)).toEqual([{ ...expected, statement: '1234ms', lock: '4321ms' }]);
    await Promise.all([other.close(), limited.close()]);
    for (const setting of [
      'TimeZone',
      'DateStyle',
      'search_path',
      'statement_timeout',
      'lock_timeout',
      'idle_in_transaction_session_timeout',
      'default_transaction_read_only',
    ]) {
      await session.execute(`ALTER DATABASE ${name} RESET ${setting}`);
    }
  });

  it('tells the server what it is for, and finds nothing without schemas', async () => {
    const plain = await database.session({ purpose: `größe ${'x'.repeat(100)}` });
    const [row] = await plain.query(sql`SELECT current_setting('application_name') AS name`);
    expect(row?.['name']).toBe(`lockstep gr??e ${'x'.repeat(48)}`);
    expect((await failure(plain.query(sql`SELECT FROM t`))).details['sqlState']).toBe('42P01');
    await plain.close();
  });

  it('runs statements in one go, as far as the first that fails', async () => {
    const nasty = `'; DROP TABLE t; -- \\ " ü`;
    const found = sql`SELECT a, b FROM together ORDER BY b`;
    await session.execute('CREATE TABLE together (a text, b int)');
    await session.transaction(() =>
      session.runAll([
        sql`INSERT INTO together VALUES (${nasty}, ${1})`,
        sql`UPDATE together SET b = b + ${1}`,
        sql`INSERT INTO together VALUES (${null}, ${3})`,
      ]),
    );
    const rows = [
      { a: nasty, b: '2' },
      { a: null, b: '3' },
    ];
    expect(await session.query(found)).toEqual(rows);
    const late = session.transaction(() =>
      session.runAll([sql`DELETE FROM together`, sql`SELECT 1 / 0`, sql`INSERT INTO together VALUES ('x', 9)`]),
    );
    expect((await failure(late)).details['sqlState']).toBe('22012');
    expect(await session.query(found)).toEqual(rows);
  });

  it('passes values apart from the statement', async () => {
    const nasty = `'; DROP TABLE t; -- \\ " ü`;
    const rows = await session.query(sql`SELECT ${nasty}::text AS a, ${42}::int AS b, ${9007199254740993n}::bigint AS c,
      ${true}::boolean AS d, ${null}::text AS e, ${Buffer.from([0, 255])}::bytea AS f`);
    expect(rows).toEqual([{ a: nasty, b: '42', c: '9007199254740993', d: 't', e: null, f: '\\x00ff' }]);
  });

  it('takes one statement at a time, and runs what is given at once in order', async () => {
    expect((await failure(session.query(raw('SELECT 1; SELECT 2')))).details['sqlState']).toBe('42601');
    await session.execute('CREATE TEMP TABLE seen (n int)');
    await Promise.all(Array.from({ length: 20 }, (_, n) => session.run(sql`INSERT INTO seen VALUES (${n})`)));
    const rows = await session.query(raw('SELECT string_agg(n::text, $$ $$ ORDER BY ctid) AS n FROM seen'));
    expect(rows[0]?.['n']).toBe(Array.from({ length: 20 }, (_, n) => n).join(' '));
  });

  it('counts changed rows', async () => {
    await session.execute('CREATE TEMP TABLE n AS SELECT generate_series(1, 10) AS n');
    expect(await session.run(sql`UPDATE n SET n = n WHERE n > ${4}`)).toBe(6);
    expect(await session.run(sql`DELETE FROM n WHERE n > ${40}`)).toBe(0);
  });

  it('says what the server said, and stays usable', async () => {
    const error = await failure(session.query(sql`SELECT * FROM ${identifier('public', 'missing')}`));
    expect(error).toMatchObject({ code: 'STATEMENT_FAILED', details: { sqlState: '42P01', position: '15' } });
    expect(error.message).toContain('relation "public.missing" does not exist');
    expect((await failure(session.execute('SELEC'))).details['sqlState']).toBe('42601');
    expect((await failure(session.execute('COPY t FROM stdin'))).code).toBe('STATEMENT_FAILED');
    expect((await failure(session.execute('SELECT 1\0'))).code).toBe('INTERNAL');
    expect(await session.query(sql`SELECT 1 AS a`)).toEqual([{ a: '1' }]);
  });

  it('gives up where the URL says so, and does not take the late answer for another', async () => {
    const hasty = await openPostgres(`${url}?query_timeout=300`);
    const [asking, copying] = [await openSession(hasty), await openSession(hasty)];
    expect((await failure(asking.execute('SELECT pg_sleep(2)'))).code).toBe('CONNECTION_LOST');
    expect((await failure(asking.query(sql`SELECT 1`))).code).toBe('CONNECTION_LOST');
    expect((await failure(collect(copying.copyOut('COPY (SELECT pg_sleep(2)) TO STDOUT')))).code).toBe(
      'CONNECTION_LOST',
    );
    await hasty.close();
  });

  it('does not show the passwords of roles', async () => {
    const error = await failure(session.execute(`CREATE ROLE r PASSWORD 'it''s secret' LOGIN NONSENSE`));
    expect(error.details['statement']).toBe(`CREATE ROLE r PASSWORD '***' LOGIN NONSENSE`);
    expect(JSON.stringify(error.details)).not.toContain('secret');
  });

  it('keeps all of a transaction or nothing', async () => {
    await session.transaction(async () => await session.run(sql`INSERT INTO t VALUES (1)`));
    const thrown = new Error('mine');
    const undone = session.transaction(async () => {
      await session.run(sql`INSERT INTO t VALUES (2)`);
      throw thrown;
    });
    await expect(undone).rejects.toBe(thrown);
    const count = sql`SELECT count(*) AS n FROM t`;
    expect(await session.query(count)).toEqual([{ n: '1' }]);
    // The key is deferred: only COMMIT finds out.
    const duplicate = session.transaction(async () => await session.run(sql`INSERT INTO t VALUES (1)`));
    expect((await failure(duplicate)).details['sqlState']).toBe('23505');
    await session.transaction(async () => await session.run(sql`INSERT INTO t VALUES (3)`));
    expect(await session.query(count)).toEqual([{ n: '2' }]);
  });

  it('does not take a rolled back transaction for a committed one', async () => {
    const swallowed = session.transaction(async () => {
      await session.run(sql`INSERT INTO t VALUES (10)`);
      await failure(session.query(sql`SELECT 1/0`));
    });
    expect((await failure(swallowed)).message).toContain('a statement in it had failed');
    const ended = session.transaction(async () => await session.execute('COMMIT'));
    expect((await failure(ended)).code).toBe('INTERNAL');
    const nested = session.transaction(async () => await session.transaction(async () => {}));
    expect((await failure(nested)).code).toBe('INTERNAL');
    expect(await session.query(sql`SELECT FROM t WHERE id = 10`)).toEqual([]);
  });

  it('says so when the connection is lost, in a statement or between', async () => {
    const other = await openSession(database);
    const sleeping = failure(session.query(sql`SELECT pg_sleep(60)`));
    await untilAtWork(other, session);
    await other.run(sql`SELECT pg_terminate_backend(${session.id.split('@')[0] ?? ''}::int)`);
    expect((await sleeping).code).toBe('CONNECTION_LOST');
    expect((await failure(session.query(sql`SELECT 1`))).code).toBe('CONNECTION_LOST');

    session = await openSession(database);
    await other.run(sql`SELECT pg_terminate_backend(${session.id.split('@')[0] ?? ''}::int, 5000)`);
    await sleep(50);
    const lost = await failure(session.run(sql`SELECT 1`));
    expect(lost).toMatchObject({
      code: 'CONNECTION_LOST',
      details: { reason: expect.stringContaining('administrator') },
    });
    expect((await failure(session.transaction(async () => {}))).code).toBe('CONNECTION_LOST');
    await other.close();
  });

  it('ends what it does on the server when it is closed', async () => {
    const other = await openSession(database);
    const sleeping = failure(session.query(sql`SELECT pg_sleep(60)`));
    await untilAtWork(other, session);
    await session.close();
    expect((await sleeping).code).toBe('CONNECTION_LOST');
    const [pid] = session.id.split('@');
    expect(await other.query(sql`SELECT FROM pg_stat_activity WHERE pid = ${pid ?? ''}::int`)).toEqual([]);
    await other.close();
  });

  it('is ended by the server when its process is killed', async () => {
    const script = `const { openPostgres } = await import('CORE/database/postgres/open.js');
      const session = await (await openPostgres(${JSON.stringify(url)})).session();
      console.log(session.id);
      await session.execute('SELECT pg_sleep(600)');`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script.replace('CORE', core)]);
    const id = await new Promise<string>((resolve) =>
      child.stdout.once('data', (data: Buffer) => resolve(data.toString().trim())),
    );
    await untilAtWork(session, { id });
    child.kill('SIGKILL');
    await session.waitForEnd(id);
    const [pid = ''] = id.split('@');
    expect(await session.query(sql`SELECT FROM pg_stat_activity WHERE pid = ${pid}::int`)).toEqual([]);
  });

  it('waits for another that is at work, and for no one else', async () => {
    const other = await openSession(database);
    let ended = false;
    const sleeping = other.query(sql`SELECT pg_sleep(1)`).finally(() => {
      ended = true;
    });
    await untilAtWork(session, other);
    await session.waitForEnd(session.id);
    await session.waitForEnd('');
    await session.waitForEnd('1@1');
    await session.waitForEnd(`${other.id.split('@')[0]}@1.000000`);
    expect(ended).toBe(false);
    await session.transaction(async () => await session.waitForEnd(other.id));
    await sleeping;
    await session.waitForEnd(other.id);
    await other.close();
    await session.waitForEnd(other.id);
  });

  it('passes on what the server says beside', async () => {
    const said: string[] = [];
    const talkative = await openPostgres(url, { onNotice: (severity, text) => said.push(`${severity} ${text}`) });
    atEnd(() => talkative.close());
    const speaker = await openSession(talkative);
    await speaker.execute(`DO $$ BEGIN RAISE NOTICE 'a'; RAISE WARNING 'b'; END $$`);
    expect(said).toEqual(['NOTICE a', 'WARNING b']);
  });

  it('is refused where rights are missing', async () => {
    const role = `reader_${process.pid}_${engine.name}`;
    await session.execute(`CREATE ROLE ${role} LOGIN`);
    const poor = await openPostgres(url.replace('//postgres@', `//${role}@`));
    const error = await failure((await openSession(poor)).run(sql`DELETE FROM t`));
    expect(error).toMatchObject({ code: 'PRIVILEGE_MISSING', details: { sqlState: '42501' } });
    expect((await failure(poor.scratch())).message).toContain('CREATEDB');
    await poor.close();
    await session.execute(`DROP ROLE ${role}`);
  });
});

/** Until the worker sleeps in the server. */
async function untilAtWork(watcher: PostgresSession, worker: { readonly id: string }): Promise<void> {
  const [pid] = worker.id.split('@');
  for (;;) {
    const found = await watcher.query(
      sql`SELECT FROM pg_stat_activity WHERE pid = ${pid ?? ''}::int AND wait_event = 'PgSleep'`,
    );
    if (found.length > 0) return;
    await sleep(10);
  }
}
