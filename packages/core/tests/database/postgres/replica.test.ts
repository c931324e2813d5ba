import { beforeAll, expect, it, onTestFinished } from 'vitest';
import type { PostgresDatabase } from '#core/database/postgres/postgres-database.js';
import type { PostgresSession } from '#core/database/postgres/session.js';
import { sql } from '#core/database/sql.js';
import { until } from '../../../../../tests/fixtures/until.ts';
import { startReplicatedServer } from './replica.ts';
import { collect, describeEachServer, failure, openSession } from './servers.ts';

describeEachServer('a snapshot of a replica', (engine) => {
  let primary: PostgresSession;
  let replica: PostgresDatabase;

  beforeAll(async () => {
    const servers = await startReplicatedServer(engine);
    primary = await openSession(servers.primary);
    await primary.execute('CREATE TABLE t AS SELECT n, md5(n::text) AS text FROM generate_series(1, 200000) n');
    replica = await servers.startReplica();
  }, 60_000);

  it('is read by several connections, and says how far it is behind', async () => {
    const snapshot = await replica.snapshot(['public'], { readers: 3 });
    expect(snapshot.readers).toBe(3);
    expect(snapshot.position['lsn']).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
    expect(snapshot.position).toMatchObject({ behindBytes: expect.stringMatching(/^\d+$/) });
    expect(snapshot.notes.join()).toMatch(/^Taken from a replica that was \d+ bytes of the log and [\d.]+ s behind/);
    const [table] = snapshot.shape.tables;
    if (!table) throw new Error('no table');
    const rows = await Promise.all([1, 2, 3].map(() => collect(snapshot.read(table))));
    expect(new Set(rows.map((all) => all.toString('latin1').split('\n').length))).toEqual(new Set([200_001]));
    await snapshot.close();
  });

  it('is told how far: what is not applied yet counts', async () => {
    const session = await openSession(replica);
    // Since its start the replica has to have applied something, to know the time of it.
    await primary.execute('CREATE TABLE earlier (id int)');
    await until(async () => (await session.query(sql`SELECT FROM pg_class WHERE relname = 'earlier'`)).length > 0);
    await session.execute('SELECT pg_wal_replay_pause()');
    onTestFinished(async () => {
      await session.execute('SELECT pg_wal_replay_resume()');
      await session.close();
    });
    await primary.execute('CREATE TABLE later AS SELECT generate_series(1, 20000)');
    await until(async () => {
      const [row] = await session.query(sql`SELECT pg_last_wal_receive_lsn() - pg_last_wal_replay_lsn() AS bytes`);
      return Number(row?.['bytes']) > 100_000;
    });
    // It is told in tenths of a second.
    await primary.execute('SELECT pg_sleep(0.2)');
    const snapshot = await replica.snapshot(['public']);
    expect(Number(snapshot.position['behindBytes'])).toBeGreaterThan(100_000);
    expect(Number(snapshot.position['behindSeconds'])).toBeGreaterThan(0);
    await snapshot.close();
  });

  it('that has to give way to changes of its primary fails, and says so', async () => {
    const snapshot = await replica.snapshot(['public']);
    const table = snapshot.shape.tables.find(({ name }) => name === 't');
    if (!table) throw new Error('no table');
    const chunks = snapshot.read(table)[Symbol.asyncIterator]();
    await chunks.next();
    await primary.execute('DROP TABLE IF EXISTS later');
    await primary.execute('TRUNCATE t');
    const error = await failure(
      (async () => {
        for (;;) if ((await chunks.next()).done) await snapshot.session.query(sql`SELECT pg_sleep(0.1)`);
      })(),
    );
    expect(error.code).toBe('REPLICA_CONFLICT');
    await snapshot.close();
  });

  it('refuses unlogged tables by name: they are empty there', async () => {
    await primary.execute('CREATE UNLOGGED TABLE fleeting (id int)');
    const session = await openSession(replica);
    await until(async () => (await session.query(sql`SELECT FROM pg_class WHERE relname = 'fleeting'`)).length > 0);
    await session.close();
    const error = await failure(replica.snapshot(['public']));
    expect(error.code).toBe('SHAPE_UNSUPPORTED');
    expect(error.message).toContain('public.fleeting');
  });
});
