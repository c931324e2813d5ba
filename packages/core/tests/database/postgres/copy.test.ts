import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import type { PostgresDatabase } from '#core/database/postgres/postgres-database.js';
import { raw, sql } from '#core/database/sql.js';
import { collect, describeEachServer, failure, openFresh, openSession, tableShape } from './servers.ts';

describeEachServer('COPY', (engine) => {
  let database: PostgresDatabase;

  beforeAll(async () => {
    ({ database } = await openFresh(engine));
    const session = await openSession(database);
    await session.execute(
      `CREATE TABLE big AS SELECT n AS id, repeat(md5(n::text), 20) AS text FROM generate_series(1, 100000) n`,
    );
    await session.execute('CREATE TABLE numbers (n int PRIMARY KEY)');
    await session.close();
  });

  it('gives pieces of whole rows, and all of them', async () => {
    const session = await openSession(database);
    const [expected] = await session.query(
      raw(`SELECT md5(string_agg(id || chr(9) || text || chr(10), '' ORDER BY id)) AS sum,
      sum(length(id || text) + 2) AS bytes FROM big`),
    );
    const pieces: Buffer[] = [];
    for await (const piece of session.copyOut('COPY (SELECT * FROM big ORDER BY id) TO STDOUT')) {
      // The memory of a piece is used again.
      pieces.push(Buffer.from(piece));
    }
    expect(pieces.every((piece) => piece.at(-1) === 0x0a)).toBe(true);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(2 * 1024 * 1024);
    const all = Buffer.concat(pieces);
    expect(`${all.length}`).toBe(expected?.['bytes']);
    expect(pieces.length).toBeLessThan(all.length / (1024 * 1024));
    await session.execute('CREATE TEMP TABLE again (id int, text text)');
    await session.load({ ...tableShape('again', ['id', 'text']), schema: 'pg_temp' }, all);
    const [found] = await session.query(
      raw(`SELECT md5(string_agg(id || chr(9) || text || chr(10), '' ORDER BY id)) AS sum,
      sum(length(id || text) + 2) AS bytes FROM again`),
    );
    expect(found).toEqual(expected);
    await session.close();
  });

  it('gives rows that are longer than a piece', async () => {
    const session = await openSession(database);
    const lengths = [1, 600_000, 5_000_000, 2, 524_287, 524_288, 3];
    const query = `SELECT repeat('x', n) FROM unnest(ARRAY[${lengths.join(', ')}]) WITH ORDINALITY l (n, o) ORDER BY o`;
    const all = await collect(session.copyOut(`COPY (${query}) TO STDOUT`));
    expect(
      all
        .toString()
        .split('\n')
        .map((line) => line.length),
    ).toEqual([...lengths, 0]);
    await session.close();
  });

  it('gives nothing for an empty table', async () => {
    const session = await openSession(database);
    expect(await collect(session.copyOut('COPY numbers TO STDOUT'))).toHaveLength(0);
    expect(await session.query(sql`SELECT 1 AS a`)).toEqual([{ a: '1' }]);
    await session.close();
  });

  it('is read no faster than it is used', async () => {
    const [reader, watcher] = [await openSession(database), await openSession(database)];
    const endless = reader.copyOut(`COPY (SELECT repeat('x', 1000), generate_series(1, 2000000000)) TO STDOUT`);
    const before = process.memoryUsage().arrayBuffers;
    await endless.next();
    const [pid] = reader.id.split('@');
    let waiting = 0;
    // The server stays in its write for as long as nobody reads on.
    while (waiting < 20) {
      const found = await watcher.query(
        sql`SELECT FROM pg_stat_activity WHERE pid = ${pid ?? ''}::int AND wait_event = 'ClientWrite'`,
      );
      waiting = found.length > 0 ? waiting + 1 : 0;
      await sleep(10);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
    await endless.return();
    expect(await watcher.query(sql`SELECT FROM pg_stat_activity WHERE pid = ${pid ?? ''}::int`)).toEqual([]);
    expect((await failure(reader.query(sql`SELECT 1`))).code).toBe('CONNECTION_LOST');
    await watcher.close();
  });

  it('fails with what the server says, in the middle too, and leaves the connection usable', async () => {
    const session = await openSession(database);
    const missing = await failure(collect(session.copyOut('COPY missing TO STDOUT')));
    expect(missing.details['sqlState']).toBe('42P01');
    const late = await failure(
      collect(
        session.copyOut('COPY (SELECT repeat($$x$$, 1000), 1 / (5000 - n) FROM generate_series(1, 9999) n) TO STDOUT'),
      ),
    );
    expect(late.details['sqlState']).toBe('22012');
    expect(await session.query(sql`SELECT 1 AS a`)).toEqual([{ a: '1' }]);
    await session.close();
  });

  it('makes other statements of the session wait', async () => {
    const session = await openSession(database);
    const reading = collect(session.copyOut('COPY big TO STDOUT'));
    const [bytes, rows] = await Promise.all([reading, session.query(sql`SELECT count(*) AS n FROM big`)]);
    expect(bytes.length).toBeGreaterThan(64_000_000);
    expect(rows).toEqual([{ n: '100000' }]);
    await session.close();
  });

  it('says so when the connection is lost while reading', async () => {
    const [reader, killer] = [await openSession(database), await openSession(database)];
    const pieces = reader.copyOut('COPY big TO STDOUT');
    await pieces.next();
    await killer.run(sql`SELECT pg_terminate_backend(${reader.id.split('@')[0] ?? ''}::int)`);
    expect((await failure(collect(pieces))).code).toBe('CONNECTION_LOST');
    await killer.close();
  });

  it('says so when the connection was lost before', async () => {
    const [reader, killer] = [await openSession(database), await openSession(database)];
    const backend = reader.id.split('@')[0] ?? '';
    await killer.run(sql`SELECT pg_terminate_backend(${backend}::int, 5000)`);
    // The news have to reach the client.
    await sleep(200);
    expect((await failure(collect(reader.copyOut('COPY big TO STDOUT')))).code).toBe('CONNECTION_LOST');
    await killer.close();
  });

  it('loads rows of any number of bytes', async () => {
    const session = await openSession(database);
    const shape = { ...tableShape('loaded', ['text']), schema: 'pg_temp' };
    await session.execute('CREATE TEMP TABLE loaded (text text)');
    for (const size of [0, 1, 1024 * 1024 - 1, 1024 * 1024, 5_000_000]) {
      expect(await session.load(shape, Buffer.from(`${'y'.repeat(size)}\n`))).toBe(1);
    }
    expect(await session.load(shape, Buffer.alloc(0))).toBe(0);
    const lengths = await session.query(raw('SELECT length(text) AS n FROM loaded ORDER BY ctid'));
    expect(lengths.map(({ n }) => n)).toEqual(['0', '1', '1048575', '1048576', '5000000']);
    await session.close();
  });

  it('takes all rows of a load or none, says which is wrong, and stays usable', async () => {
    const session = await openSession(database);
    const numbers = tableShape('numbers', ['n']);
    const bad = await failure(session.load(numbers, many('x')));
    expect(bad).toMatchObject({ code: 'STATEMENT_FAILED', details: { sqlState: '22P02' } });
    expect(bad.message).toContain('invalid input syntax for type integer: "x"');
    const first = Buffer.concat([Buffer.from('x\n'), many('1000000')]);
    expect((await failure(session.load(numbers, first))).details['sqlState']).toBe('22P02');
    expect((await failure(session.load(numbers, many('7')))).details['sqlState']).toBe('23505');
    expect((await failure(session.load(tableShape('missing', ['n']), many('7')))).details['sqlState']).toBe('42P01');
    expect(await session.query(sql`SELECT count(*) AS n FROM numbers`)).toEqual([{ n: '0' }]);
    expect(await session.load(numbers, many('1000000'))).toBe(200_001);
    await session.close();
  });
});

/** 200,000 rows, and a last one. */
function many(last: string): Buffer {
  return Buffer.from(`${Array.from({ length: 200_000 }, (_, n) => n).join('\n')}\n${last}\n`);
}
