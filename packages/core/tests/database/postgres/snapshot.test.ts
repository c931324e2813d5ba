import { beforeAll, beforeEach, expect, it } from 'vitest';
import { connectPostgres } from '#core/database/postgres/open.js';
import type { PostgresDatabase, PostgresParts } from '#core/database/postgres/postgres-database.js';
import type { PostgresSession } from '#core/database/postgres/session.js';
import type { Snapshot } from '#core/database/database.js';
import { sql } from '#core/database/sql.js';
import type { TableShape } from '#core/shape/shape.js';
import { atEnd } from '../../../../../tests/fixtures/cleanup.ts';
import { freshDatabase } from '../../../../../tests/fixtures/fresh-database.ts';
import { collect, describeEachServer, failure, openSession } from './servers.ts';

describeEachServer('a snapshot', (engine) => {
  let url: string;
  let database: PostgresDatabase;
  let session: PostgresSession;

  const open = async (parts: Partial<PostgresParts> = {}): Promise<PostgresDatabase> => {
    const opened = await connectPostgres({
      engine: 'Postgres',
      config: { connectionString: url },
      location: 'test',
      parallelSessions: 4,
      isServer: true,
      ...parts,
    });
    atEnd(() => opened.close());
    return opened;
  };

  beforeAll(async () => {
    ({ url } = await freshDatabase(engine));
    database = await open();
  });

  beforeEach(async () => {
    session = await openSession(database);
    await session.execute('DROP SCHEMA public CASCADE');
    await session.execute('DROP SCHEMA IF EXISTS other CASCADE');
    await session.execute('CREATE SCHEMA public');
    await session.execute(
      'CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, text text, twice int GENERATED ALWAYS AS (id * 2) STORED)',
    );
    await session.execute(`INSERT INTO t (text) SELECT 'row ' || n FROM generate_series(1, 1000) n`);
    return () => session.close();
  });

  it('shows one moment, whatever happens after it', async () => {
    const snapshot = await database.snapshot(['public']);
    await session.run(sql`DELETE FROM t WHERE id > 10`);
    await session.run(sql`INSERT INTO t (text) VALUES ('later')`);
    await session.execute('CREATE TABLE later (id int)');
    expect(snapshot.shape.tables.map(({ label }) => label)).toEqual(['public.t']);
    const rows = (await collect(snapshot.read(tableOf(snapshot, 't')))).toString().split('\n');
    expect(rows).toHaveLength(1001);
    expect(rows[0]).toBe('1\trow 1');
    expect(await snapshot.session.query(sql`SELECT count(*) AS n FROM public.t`)).toEqual([{ n: '1000' }]);
    await snapshot.check();
    expect((await snapshot.sizes()).get('public.t')).toBeGreaterThan(8192);
    expect(snapshot.takenAt).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(snapshot.position['lsn']).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
    expect(snapshot.position['snapshot']).toMatch(/^\d+:\d+:/);
    await snapshot.close();
  });

  it('writes nothing', async () => {
    const snapshot = await database.snapshot(['public']);
    const refused = await failure(snapshot.session.run(sql`DELETE FROM public.t`));
    expect(refused.details['sqlState']).toBe('25006');
    expect((await failure(snapshot.session.transaction(async () => {}))).code).toBe('INTERNAL');
    await snapshot.close();
  });

  it('keeps the tables from being changed until it is closed', async () => {
    const snapshot = await database.snapshot(['public']);
    await session.execute(`SET lock_timeout = '100ms'`);
    for (const change of ['ALTER TABLE t ADD COLUMN more int', 'DROP TABLE t', 'TRUNCATE t']) {
      expect((await failure(session.execute(change))).details['sqlState']).toBe('55P03');
    }
    await snapshot.close();
    await session.execute('ALTER TABLE t ADD COLUMN more int');
  });

  it('waits for a change that is under way, and sees it', async () => {
    await session.execute('BEGIN');
    await session.execute('ALTER TABLE t ADD COLUMN added int DEFAULT 7');
    const opening = database.snapshot(['public']);
    const watcher = await openSession(database);
    const waiting = sql`SELECT FROM pg_locks WHERE NOT granted AND relation = 't'::regclass`;
    await expect.poll(async () => (await watcher.query(waiting)).length).toBe(1);
    await session.execute('COMMIT');
    const snapshot = await opening;
    expect(tableOf(snapshot, 't').columns.map(({ name }) => name)).toEqual(['added', 'id', 'text']);
    expect((await collect(snapshot.read(tableOf(snapshot, 't')))).toString()).toMatch(/^7\t1\trow 1\n/);
    await Promise.all([snapshot.close(), watcher.close()]);
  });

  it('starts again for tables that appear, and for tables that go, while it waits', async () => {
    await session.execute('CREATE TABLE going (id int)');
    await session.execute('BEGIN');
    await session.execute('DROP TABLE going');
    await session.execute('CREATE TABLE coming AS SELECT 1 AS id');
    const opening = database.snapshot(['public']);
    const watcher = await openSession(database);
    const waiting = sql`SELECT FROM pg_locks WHERE NOT granted AND locktype = 'relation' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    await expect.poll(async () => (await watcher.query(waiting)).length).toBe(1);
    await session.execute('COMMIT');
    const snapshot = await opening;
    expect(snapshot.shape.tables.map(({ label }) => label)).toEqual(['public.coming', 'public.t']);
    const locked = sql`SELECT relation::regclass::text AS name FROM pg_locks WHERE mode = 'AccessShareLock' AND pid = ${
      snapshot.session.id.split('@')[0] ?? ''
    }::int AND relation IN ('coming'::regclass, 't'::regclass) ORDER BY 1`;
    expect(await watcher.query(locked)).toEqual([{ name: 'coming' }, { name: 't' }]);
    await Promise.all([snapshot.close(), watcher.close()]);
  });

  it('gives up after a while, and says who holds the table', async () => {
    const hasty = await open({ lockSeconds: 0.2 });
    await session.execute('BEGIN');
    await session.execute('LOCK TABLE t IN ACCESS EXCLUSIVE MODE');
    const error = await failure(hasty.snapshot(['public']));
    expect(error.code).toBe('LOCK_TIMEOUT');
    expect(error.details['holder']).toContain(`held by backend ${session.id.split('@')[0]} (lockstep test)`);
    await session.execute('ROLLBACK');
    await (await hasty.snapshot(['public'])).close();
  });

  it('reads each table by itself: partitions, children, generated columns, no columns', async () => {
    await session.execute('CREATE TABLE parent (id int, region text) PARTITION BY LIST (region)');
    await session.execute(`CREATE TABLE part_a PARTITION OF parent FOR VALUES IN ('a')`);
    await session.execute(`CREATE TABLE part_b (region text, id int)`);
    await session.execute(`ALTER TABLE parent ATTACH PARTITION part_b FOR VALUES IN ('b')`);
    await session.execute(`INSERT INTO parent VALUES (1, 'a'), (2, 'b'), (3, 'a')`);
    await session.execute('CREATE TABLE base (a int, gone int, b text)');
    await session.execute('ALTER TABLE base DROP COLUMN gone');
    await session.execute('CREATE TABLE child (c int) INHERITS (base)');
    await session.execute(`INSERT INTO base VALUES (1, 'base')`);
    await session.execute(`INSERT INTO child VALUES (2, 'child', 3)`);
    await session.execute('CREATE TABLE nothing ()');
    await session.execute('INSERT INTO nothing DEFAULT VALUES');
    const sliced = await open({ bytesPerRead: 8192 });
    for (const snapshot of [await database.snapshot(['public']), await sliced.snapshot(['public'])]) {
      const read = async (name: string): Promise<string> =>
        (await collect(snapshot.read(tableOf(snapshot, name)))).toString();
      expect(await read('part_a')).toBe('1\ta\n3\ta\n');
      expect(await read('part_b')).toBe('2\tb\n');
      expect(await read('base')).toBe('1\tbase\n');
      expect(await read('child')).toBe('2\tchild\t3\n');
      expect(await read('nothing')).toBe('\n');
      await snapshot.close();
    }
  });

  it('gives the same rows when a table is read in ranges of blocks', async () => {
    await session.execute(`DELETE FROM t WHERE id % 3 = 0`);
    await session.execute(`INSERT INTO t (text) SELECT repeat('long', 1000) FROM generate_series(1, 500) n`);
    const whole = await database.snapshot(['public']);
    const expected = await collect(whole.read(tableOf(whole, 't')));
    expect(expected.toString().split('\n')).toHaveLength(1168);
    for (const blocks of [1, 2, 7, 1000]) {
      const sliced = await (await open({ bytesPerRead: blocks * 8192 })).snapshot(['public']);
      expect((await collect(sliced.read(tableOf(sliced, 't')))).equals(expected)).toBe(true);
      await sliced.close();
    }
    await whole.close();
  });

  it('tells where every sequence stands, and can put it there', async () => {
    await session.execute('CREATE SCHEMA other');
    await session.execute('CREATE SEQUENCE other.fresh START 5');
    await session.execute('CREATE SEQUENCE "odd ""name"');
    await session.execute(`SELECT setval('public."odd ""name"', 9223372036854775807, true)`);
    for (let n = 0; n < 250; n++) await session.execute(`CREATE SEQUENCE many_${n}`);
    const snapshot = await database.snapshot(['public', 'other']);
    const counters = await snapshot.counters();
    await snapshot.close();
    expect(counters).toHaveLength(253);
    expect(counters[0]).toEqual({ name: { schema: 'other', name: 'fresh' }, value: '5', called: false });
    const odd = counters.find(({ name }) => name.name === 'odd "name');
    expect(odd).toMatchObject({ value: '9223372036854775807', called: true });
    expect(counters.find(({ name }) => name.name === 't_id_seq')).toMatchObject({ value: '1000', called: true });
    await session.execute(`SELECT setval('public."odd ""name"', 1, false), setval('other.fresh', 77)`);
    for (const counter of counters) await session.execute(database.dialect.counter(counter));
    const after = await database.snapshot(['public', 'other']);
    expect(await after.counters()).toEqual(counters);
    await after.close();
  });

  it('says so when a sequence is dropped meanwhile', async () => {
    await session.execute('CREATE SEQUENCE going');
    const snapshot = await database.snapshot(['public']);
    await session.execute('DROP SEQUENCE going');
    expect((await failure(snapshot.counters())).code).toBe('SNAPSHOT_CHANGED');
    await snapshot.close();
  });

  it('refuses to show a part of the rows where row security hides others', async () => {
    const role = `limited_${process.pid}_${engine.name}`;
    await session.execute(`CREATE ROLE ${role} LOGIN`);
    await session.execute(`GRANT USAGE ON SCHEMA public TO ${role}`);
    const limited = await open({ config: { connectionString: url.replace('//postgres@', `//${role}@`) } });
    const forbidden = await failure(limited.snapshot(['public']));
    expect(forbidden.code).toBe('PRIVILEGE_MISSING');
    await session.execute(`GRANT SELECT ON t TO ${role}`);
    await (await limited.snapshot(['public'])).close();
    await session.execute('ALTER TABLE t ENABLE ROW LEVEL SECURITY');
    await session.execute('CREATE POLICY first_ones ON t USING (id < 10)');
    const hidden = await failure(limited.snapshot(['public']));
    expect(hidden).toMatchObject({ code: 'PRIVILEGE_MISSING', details: { doing: 'read every row' } });
    expect(hidden.message).toContain('public.t');
    const owners = await database.snapshot(['public']);
    expect((await collect(owners.read(tableOf(owners, 't')))).toString().split('\n')).toHaveLength(1001);
    await Promise.all([owners.close(), limited.close()]);
    await session.execute('DROP TABLE t');
    await session.execute(`REVOKE ALL ON SCHEMA public FROM ${role}`);
    await session.execute(`DROP ROLE ${role}`);
  });
});

function tableOf(snapshot: Snapshot, name: string): TableShape {
  const table = snapshot.shape.tables.find((candidate) => candidate.name === name);
  if (table === undefined) throw new Error(`no table ${name} in the snapshot`);
  return table;
}
