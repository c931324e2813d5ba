import { beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { readParts } from '#core/backup/read-parts.js';
import type { Snapshot } from '#core/database/database.js';
import { connectPostgres } from '#core/database/postgres/open.js';
import type { PostgresDatabase, PostgresParts } from '#core/database/postgres/postgres-database.js';
import type { PostgresSession } from '#core/database/postgres/session.js';
import { sql } from '#core/database/sql.js';
import { atEnd } from '../../../../../tests/fixtures/cleanup.ts';
import { freshDatabase } from '../../../../../tests/fixtures/fresh-database.ts';
import { describeEachServer, failure, openSession } from './servers.ts';

describeEachServer('several readers of a snapshot', (engine) => {
  let url: string;
  let database: PostgresDatabase;
  let session: PostgresSession;

  /** Reads in parts of one block, so that small tables have many. */
  const open = async (parts: Partial<PostgresParts> = {}): Promise<PostgresDatabase> => {
    const opened = await connectPostgres({
      engine: 'Postgres',
      config: { connectionString: url },
      location: 'test',
      parallelSessions: 8,
      isServer: true,
      bytesPerRead: 8192,
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
    await session.execute('CREATE SCHEMA public');
    return () => session.close();
  });

  it('hold every row once: large values, empty tables, no columns, partitions, children, gaps', async () => {
    await session.execute('CREATE TABLE large (id int, value text)');
    await session.execute('ALTER TABLE large ALTER value SET STORAGE EXTERNAL');
    await session.execute(
      `INSERT INTO large SELECT n, repeat(chr(65 + n % 26), n * 100) FROM generate_series(1, 300) n`,
    );
    await session.execute('CREATE TABLE empty (id int)');
    await session.execute('CREATE TABLE nothing ()');
    await session.execute('INSERT INTO nothing SELECT FROM generate_series(1, 2000)');
    await session.execute('CREATE TABLE parent (id int, region int) PARTITION BY LIST (region)');
    await session.execute('CREATE TABLE part_0 PARTITION OF parent FOR VALUES IN (0)');
    await session.execute('CREATE TABLE part_1 PARTITION OF parent FOR VALUES IN (1)');
    await session.execute('INSERT INTO parent SELECT n, n % 2 FROM generate_series(1, 3000) n');
    await session.execute('CREATE TABLE base (a int)');
    await session.execute('CREATE TABLE child (b int) INHERITS (base)');
    await session.execute('INSERT INTO base SELECT generate_series(1, 2000)');
    await session.execute('INSERT INTO child SELECT n, n FROM generate_series(1, 2000) n');
    await session.execute('DELETE FROM child WHERE a BETWEEN 300 AND 1200');
    await session.execute('UPDATE base SET a = -a WHERE a % 7 = 0');
    const snapshot = await database.snapshot(['public'], { readers: 4 });
    expect(snapshot).toMatchObject({ readers: 4, notes: [] });
    const parallel = await readAll(snapshot);
    await snapshot.close();

    const single = await (await open({ bytesPerRead: Infinity })).snapshot(['public']);
    expect(single.readers).toBe(1);
    expect(parallel.parts.get('public.large')).toBeGreaterThan(2);
    expect(parallel.parts.get('public.child')).toBeGreaterThan(3);
    expect(parallel.rows).toEqual((await readAll(single)).rows);
    expect(parallel.rows.get('public.nothing')).toHaveLength(2000);
    expect(parallel.rows.get('public.empty')).toEqual([]);
    await single.close();
  });

  it('see one moment under writers that move rows between tables', async () => {
    for (const name of ['giro', 'savings']) {
      await session.execute(`CREATE TABLE ${name} (id int, amount int, padding text)`);
      await session.execute(`INSERT INTO ${name} SELECT n, 100, repeat('x', n % 900) FROM generate_series(1, 1000) n`);
    }
    const stop = new AbortController();
    const writers = [0, 1, 2].map((writer) => move(database, writer, stop.signal));
    onTestFinished(async () => {
      stop.abort();
      await Promise.all(writers);
    });
    const seen = new Set<string>();
    for (let count = 0; count < 15; count += 1) {
      const snapshot = await database.snapshot(['public'], { readers: 4 });
      expect(snapshot.readers).toBe(4);
      const { rows } = await readAll(snapshot);
      await snapshot.close();
      const [giro = [], savings = []] = [rows.get('public.giro'), rows.get('public.savings')];
      expect(sumOf(giro) + sumOf(savings)).toBe(200_000);
      seen.add(`${sumOf(giro)} ${giro.length}`);
    }
    // Otherwise the writers stood still, and the sums prove nothing.
    expect(seen.size).toBeGreaterThan(5);
  });

  it('go on when a change of a table waits for the snapshot', async () => {
    await session.execute('CREATE TABLE t AS SELECT n FROM generate_series(1, 5000) n');
    const snapshot = await database.snapshot(['public'], { readers: 3 });
    const change = session.execute('ALTER TABLE t ADD COLUMN more int');
    const watcher = await openSession(database);
    const waiting = sql`SELECT FROM pg_locks WHERE NOT granted AND relation = 't'::regclass`;
    await expect.poll(async () => (await watcher.query(waiting)).length).toBe(1);
    const { rows } = await readAll(snapshot);
    expect(rows.get('public.t')).toHaveLength(5000);
    expect(await watcher.query(waiting)).toHaveLength(1);
    await snapshot.close();
    await change;
    await watcher.close();
  });

  it('are fewer where the server allows no more, which is said', async () => {
    const role = `limited_${process.pid}_${engine.name}`;
    await session.execute(`CREATE ROLE ${role} LOGIN CONNECTION LIMIT 2`);
    await session.execute(`GRANT USAGE ON SCHEMA public TO ${role}`);
    await session.execute('CREATE TABLE t AS SELECT n FROM generate_series(1, 5000) n');
    await session.execute(`GRANT SELECT ON t TO ${role}`);
    const limited = await open({ config: { connectionString: url.replace('//postgres@', `//${role}@`) } });
    const snapshot = await limited.snapshot(['public'], { readers: 4 });
    expect(snapshot.readers).toBe(2);
    expect(snapshot.notes.join()).toMatch(/^Read by 2 connections only: .*too many connections/);
    expect((await readAll(snapshot)).rows.get('public.t')).toHaveLength(5000);
    await limited.close();
    await session.execute(`DROP OWNED BY ${role}`);
    await session.execute(`DROP ROLE ${role}`);
  });

  it('stop at the first failure, which is thrown, even if others wait for the server', async () => {
    await session.execute('CREATE TABLE t AS SELECT n FROM generate_series(1, 5000) n');
    const snapshot = await database.snapshot(['public'], { readers: 2 });
    const busy = failure(snapshot.session.execute('SELECT pg_sleep(60)'));
    const work = readParts(snapshot, snapshot.shape.tables, async ({ rows }) => {
      for await (const _ of rows) throw new Error('the first failure');
    });
    await expect(work).rejects.toThrow('the first failure');
    await snapshot.close();
    expect((await busy).code).toBe('CONNECTION_LOST');
  });

  it('stop at the signal, and leave no session behind', async () => {
    await session.execute(`CREATE TABLE t AS SELECT repeat(md5(n::text), 60) AS text FROM generate_series(1, 20000) n`);
    const stop = new AbortController();
    const snapshot = await database.snapshot(['public'], { readers: 3 });
    let chunks = 0;
    const work = readParts(
      snapshot,
      snapshot.shape.tables,
      async ({ rows }) => {
        for await (const _ of rows) if ((chunks += 1) === 20) stop.abort();
      },
      { signal: stop.signal },
    );
    await expect(work).rejects.toThrow('aborted');
    await snapshot.close();
    const left = sql`SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'lockstep snapshot'`;
    await expect.poll(async () => (await session.query(left)).length).toBe(0);
  });

  it('fail as the server fails one of them', async () => {
    await session.execute('CREATE TABLE t AS SELECT n FROM generate_series(1, 5000) n');
    const snapshot = await database.snapshot(['public'], { readers: 3 });
    await session.query(sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'lockstep snapshot'
      AND pid <> ${snapshot.session.id.split('@')[0] ?? ''}::int`);
    expect((await failure(readAll(snapshot))).code).toBe('CONNECTION_LOST');
    await snapshot.close();
  });

  it('name what is unlogged', async () => {
    await session.execute('CREATE UNLOGGED TABLE t (id int)');
    const snapshot = await database.snapshot(['public']);
    expect(snapshot.notes).toEqual(['Unlogged, so a crash of the server would have emptied them: public.t']);
    await snapshot.close();
  });
});

interface Read {
  /** The lines of each table, sorted. */
  readonly rows: ReadonlyMap<string, string[]>;
  readonly parts: ReadonlyMap<string, number>;
}

async function readAll(snapshot: Snapshot): Promise<Read> {
  const rows = new Map<string, string[]>(snapshot.shape.tables.map(({ label }) => [label, []]));
  const parts = new Map<string, number>();
  await readParts(snapshot, snapshot.shape.tables, async ({ table, rows: chunks }) => {
    parts.set(table.label, (parts.get(table.label) ?? 0) + 1);
    for await (const chunk of chunks) {
      rows.get(table.label)?.push(...chunk.toString().split('\n').slice(0, -1));
    }
  });
  for (const lines of rows.values()) lines.sort();
  return { rows, parts };
}

/** Moves money, and now and then a whole account, until it is told to stop. */
async function move(database: PostgresDatabase, writer: number, signal: AbortSignal): Promise<void> {
  const session = await openSession(database);
  for (let count = 0; !signal.aborted; count += 1) {
    const id = String(((count * 3) % 999) + writer + 1);
    await session.transaction(async () => {
      // The account may have been moved away.
      if ((await session.run(sql`UPDATE giro SET amount = amount - 7 WHERE id = ${id}`)) === 0) return;
      await session.run(sql`UPDATE savings SET amount = amount + 7 WHERE id = ${id}`);
      if (count % 5 !== 0) return;
      await session.run(sql`WITH moved AS (DELETE FROM giro WHERE id = ${id} RETURNING *)
        INSERT INTO savings SELECT id + 100000, amount, padding FROM moved`);
    });
  }
  await session.close();
}

function sumOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Number(line.split('\t')[0]), 0);
}
