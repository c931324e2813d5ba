import { beforeAll, describe, expect, it } from 'vitest';
import type { Client } from 'pg';
import { settled, startEmbedded, value } from './embedded.ts';
import type { Embedded } from './embedded.ts';

let embedded: Embedded;
let a: Client;
let b: Client;

beforeAll(async () => {
  embedded = await startEmbedded();
  a = await embedded.client({ application_name: 'a' });
  b = await embedded.client({ application_name: 'b' });
  await a.query('create table item (id int primary key, name text)');
});

describe('statements', () => {
  it('are answered by the simple and the extended protocol', async () => {
    expect(await value(a, 'select 1 + 1')).toBe(2);
    expect(await value(a, 'select $1::text || $2::text', ['x', 'y'])).toBe('xy');
    const many = await a.query('select 1 as one; select 2 as two');
    expect(Array.isArray(many) ? many.map((result) => result.rows) : []).toEqual([[{ one: 1 }], [{ two: 2 }]]);
  });

  it('fail without harm to the connection', async () => {
    await expect(a.query('selec')).rejects.toMatchObject({ code: '42601' });
    await expect(a.query('select $1::int', ['x'])).rejects.toMatchObject({ code: '22P02' });
    await expect(a.query('select 1 / 0')).rejects.toMatchObject({ code: '22012' });
    await expect(a.query('insert into item select 1 from generate_series(1, 2)')).rejects.toMatchObject({
      code: '23505',
    });
    expect(await value(a, 'select count(*)::int from item')).toBe(0);
  });

  it('may be deeper than the backend can follow', async () => {
    await expect(a.query(`select ${'1+'.repeat(30_000)}1`)).rejects.toMatchObject({ code: '54001' });
    await a.query(`create function deep(n int) returns int language plpgsql as $$ begin return deep(n + 1); end $$`);
    await expect(a.query('select deep(0)')).rejects.toMatchObject({ code: '54001' });
    expect(await value(a, 'select 1')).toBe(1);
  });

  it('are answered with large results', async () => {
    const { rows } = await a.query<{ text: string }>(
      `select repeat(md5(i::text), 100) as text from generate_series(1, 10000) i`,
    );
    expect(rows.length).toBe(10_000);
    expect(rows.every(({ text }) => text.length === 3200)).toBe(true);
    const text = 'ä'.repeat(4_000_000);
    expect(await value(a, 'select $1::text', [text])).toBe(text);
  });

  it('are served in the order of each client', async () => {
    const answers: unknown[] = [];
    const work = [a, b].flatMap((client) =>
      Array.from({ length: 50 }, async (_, index) => {
        const application = await value(client, `select current_setting('application_name') || $1::text`, [index]);
        answers.push(application);
      }),
    );
    await Promise.all(work);
    const of = (name: string): unknown[] => answers.filter((answer) => String(answer).startsWith(name));
    expect(of('a')).toEqual(Array.from({ length: 50 }, (_, index) => `a${index}`));
    expect(of('b')).toEqual(Array.from({ length: 50 }, (_, index) => `b${index}`));
  });
});

describe('transactions', () => {
  it('keep the others out until they end', async () => {
    await a.query('begin');
    await a.query(`insert into item values (1, 'a')`);
    const other = value(b, 'select count(*)::int from item');
    expect(await settled(other, () => value(a, 'select 1'))).toBe(false);
    await a.query('commit');
    expect(await other).toBe(1);
  });

  it('that have failed keep the others out too', async () => {
    await a.query('begin');
    await expect(a.query('select 1 / 0')).rejects.toMatchObject({ code: '22012' });
    const other = b.query(`insert into item values (2, 'b')`);
    await expect(a.query('select 1')).rejects.toMatchObject({ code: '25P02' });
    expect(await settled(other, () => a.query('select 1').catch(() => undefined))).toBe(false);
    await a.query('rollback');
    await other;
    expect(await value(a, 'select count(*)::int from item')).toBe(2);
  });

  it('are rolled back when the client is gone', async () => {
    for (const leave of [
      (client: Client) => client.connection.stream.destroy(),
      (client: Client) => void client.end(),
    ]) {
      const client = await embedded.client();
      await client.query('begin');
      await client.query('delete from item');
      leave(client);
      expect(await value(b, 'select count(*)::int from item')).toBe(2);
    }
  });

  it('are not open for clients that wait and go', async () => {
    await a.query('begin');
    const client = await embedded.client();
    const waiting = client.query('delete from item').catch((error: unknown) => error);
    client.connection.stream.destroy();
    await waiting;
    await a.query('commit');
    expect(typeof (await value(b, 'select count(*)::int from item'))).toBe('number');
    await b.query(`insert into item values (1, 'a'), (2, 'b') on conflict do nothing`);
  });
});

describe('a session', () => {
  it('keeps its settings to itself', async () => {
    await a.query(`set search_path = 'pg_catalog', "Odd, name"; set work_mem = '7MB'; set datestyle = 'ISO, DMY'`);
    await a.query(`set application_name = 'it''s "a" \\'`);
    await a.query(`select set_config('app.user', 'anna', false)`);
    await b.query(`set work_mem = '9MB'; set standard_conforming_strings = off`);
    const settings = `select json_build_object('path', current_setting('search_path'), 'mem', current_setting('work_mem'),
      'style', current_setting('datestyle'), 'user', coalesce(current_setting('app.user', true), ''),
      'name', current_setting('application_name'))`;
    for (let round = 0; round < 2; round += 1) {
      expect(await value(a, settings)).toEqual({
        path: 'pg_catalog, "Odd, name"',
        mem: '7MB',
        style: 'ISO, DMY',
        user: 'anna',
        name: `it's "a" \\`,
      });
      expect(await value(b, settings)).toEqual({ path: 'public', mem: '9MB', style: 'ISO, MDY', user: '', name: 'b' });
    }
    await a.query('reset all');
    expect(await value(b, 'show work_mem')).toBe('9MB');
    expect(await value(a, 'show work_mem')).toBe('4MB');
    await b.query('discard all');
    await a.query(`set application_name = 'a'`);
    await b.query(`set application_name = 'b'`);
  });

  it('keeps its role to itself', async () => {
    await a.query('create role reader; set role reader');
    expect(await value(b, 'select current_user')).toBe('postgres');
    expect(await value(a, 'select current_user')).toBe('reader');
    await expect(a.query('select * from item')).rejects.toMatchObject({ code: '42501' });
    await b.query('select 1');
    await a.query('reset role; set session authorization reader');
    expect(await value(b, 'select session_user')).toBe('postgres');
    expect(await value(a, 'select session_user')).toBe('reader');
    await a.query('set session authorization postgres');
    await a.query('drop role reader');
  });

  it('does not end the others when its role is gone', async () => {
    const client = await embedded.client();
    await client.query('create role brief; set role brief');
    await b.query('drop role brief');
    await expect(client.query('select 1')).rejects.toThrow(/brief/);
    expect(await value(b, 'select 1')).toBe(1);
  });

  it('has the settings of its first packet', async () => {
    const client = await embedded.client({
      application_name: 'first',
      statement_timeout: 1234,
      options: '-c work_mem=6MB --search_path="a\\ b"',
    });
    expect(await value(client, 'show application_name')).toBe('first');
    expect(await value(client, 'show statement_timeout')).toBe('1234ms');
    expect(await value(client, 'show work_mem')).toBe('6MB');
    expect(await value(client, 'show search_path')).toBe('"a b"');
    const wrong = await embedded.client({ options: '-c work_mem=much' });
    await expect(wrong.query('select 1')).rejects.toThrow(/work_mem/);
    expect(await value(b, 'show work_mem')).toBe('4MB');
  });

  it('keeps its prepared statements to itself', async () => {
    const same = { name: 'same', rowMode: 'array' } as const;
    const ofA = { ...same, text: 'select $1::int * 2', values: [21] };
    const ofB = { ...same, text: 'select $1::text', values: ['b'] };
    for (let round = 0; round < 3; round += 1) {
      expect((await a.query(ofA)).rows).toEqual([[42]]);
      expect((await b.query(ofB)).rows).toEqual([['b']]);
    }
    // A statement that failed is not there again later.
    await expect(a.query({ name: 'wrong', text: 'select missing' })).rejects.toMatchObject({ code: '42703' });
    await b.query('select 1');
    expect(await value(a, `select count(*)::int from pg_prepared_statements`)).toBe(1);
    await a.query('deallocate all');
    expect(await value(b, `select string_agg(name, ',') from pg_prepared_statements`)).toBe('same');
    expect(await value(a, `select count(*)::int from pg_prepared_statements`)).toBe(0);
  });

  it('does not show what another one drew from a sequence', async () => {
    await a.query('create sequence counter');
    await a.query(`select nextval('counter')`);
    expect(await value(a, `select currval('counter')`)).toBe('1');
    await expect(b.query(`select currval('counter')`)).rejects.toMatchObject({ code: '55000' });
    await expect(b.query(`select lastval()`)).rejects.toMatchObject({ code: '55000' });
  });

  it('keeps the backend as long as it has what only this backend has', async () => {
    const keepers = [
      ['create temp table own (x int)', 'drop table own'],
      [`create temp view own as select 1 as x`, 'drop view own'],
      ['declare own cursor with hold for select 1 as x', 'close own'],
      ['prepare own as select 1 as x', 'deallocate own'],
    ] as const;
    for (const [take, give] of keepers) {
      await a.query(take);
      const other = value(b, 'select 1');
      expect(await settled(other, () => value(a, 'select 1'))).toBe(false);
      await a.query(give);
      expect(await other).toBe(1);
    }
  });

  it('leaves nothing behind', async () => {
    const client = await embedded.client();
    await client.query(
      `create temp table own (x int); prepare own as select 1; declare own cursor with hold for select 1`,
    );
    await client.query(`set work_mem = '8MB'; select pg_advisory_lock(1)`);
    await client.end();
    expect(await value(b, `select to_regclass('own')`)).toBe(null);
    expect(await value(b, `select count(*)::int from pg_locks where locktype = 'advisory'`)).toBe(0);
    expect(await value(b, `select count(*)::int from pg_prepared_statements where name = 'own'`)).toBe(0);
    expect(await value(b, `show work_mem`)).toBe('4MB');
  });

  it('is refused what it cannot have', async () => {
    await expect(a.query('  /* so */ LISTEN news')).rejects.toMatchObject({ code: '0A000' });
    await expect(a.query({ text: 'listen news', values: [], name: 'l' })).rejects.toMatchObject({ code: '0A000' });
    await a.query('begin');
    await expect(a.query('listen news')).rejects.toMatchObject({ code: '0A000' });
    await expect(a.query('select 1')).rejects.toMatchObject({ code: '25P02' });
    await a.query('rollback');
  });
});

describe('a client that keeps the backend and does nothing', () => {
  it('makes the others give up after a while, without harm to them', async () => {
    const short = await startEmbedded(1);
    const [holder, other] = [await short.client({ application_name: 'sleeper' }), await short.client()];
    await holder.query('begin');
    const reason = /sleeper is in a transaction and has done nothing for 1 s/;
    await expect(other.query('select 1')).rejects.toMatchObject({
      code: '55P03',
      message: expect.stringMatching(reason),
    });
    await expect(value(other, 'select $1::int', [1])).rejects.toThrow(reason);
    await holder.query('create temp table own (x int)');
    await holder.query('commit');
    await expect(other.query('select 1')).rejects.toThrow(/sleeper has temporary tables/);
    await holder.query('discard temp');
    expect(await value(other, 'select 1')).toBe(1);
  });
});

describe('the first packet', () => {
  it('may ask for encryption, and goes on without', async () => {
    const { connect } = await import('node:net');
    const socket = connect(`${embedded.socket}/.s.PGSQL.5432`);
    const answer = new Promise<Buffer>((resolve) => socket.once('data', resolve));
    socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]));
    expect((await answer).toString()).toBe('N');
    socket.destroy();
  });

  it('is refused with a reason when it is something else', async () => {
    const { connect } = await import('node:net');
    for (const packet of ['GET / HTTP/1.1\r\n\r\n', '\0\0\0\x08\0\x02\0\0']) {
      const socket = connect(`${embedded.socket}/.s.PGSQL.5432`);
      const said: Buffer[] = [];
      socket.on('data', (data) => said.push(data));
      socket.write(packet);
      await new Promise((resolve) => socket.once('close', resolve));
      expect(Buffer.concat(said).toString()).toContain('C08P01');
    }
    expect(await value(b, 'select 1')).toBe(1);
  });
});
