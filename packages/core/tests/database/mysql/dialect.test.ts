import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MysqlDatabase } from '#core/database/mysql/mysql-database.js';
import type { MysqlSession } from '#core/database/mysql/session.js';
import { raw, sql } from '#core/database/sql.js';
import { fingerprint } from '#core/shape/fingerprint.js';
import { runSql } from '../../../../../tests/fixtures/client.ts';
import { runProgram } from '../../../../../tests/fixtures/program.ts';
import { clientOf } from '../../../../../tests/fixtures/client.ts';
import { describeEachServer, digests, loadZoo, openFresh, tableOf, type Opened } from './servers.ts';

describeEachServer('the dialect', (engine) => {
  let opened: Opened;
  let database: MysqlDatabase;
  let session: MysqlSession;

  beforeAll(async () => {
    opened = await openFresh(engine);
    ({ database } = opened);
    session = await database.session();
  });

  afterAll(() => session.close());

  const one = async (text: string): Promise<string> =>
    (await session.query(raw(`SELECT ${text} AS it`)))[0]?.['it'] ?? '';

  it('has the family, its folders and no schema', () => {
    const { dialect } = database;
    expect(dialect.family).toBe(engine.family);
    expect(dialect.migrationFolders).toEqual(engine.family === 'mysql' ? ['mysql'] : ['mariadb', 'mysql']);
    expect(dialect.homeSchema(['anything'])).toBe('');
    expect(dialect.transactionalDdl).toBe(false);
  });

  it('tells the time as text of one width, which goes on in a transaction', async () => {
    const { dialect } = database;
    await session.transaction(async () => {
      const first = await one(dialect.clock);
      await sleep(5);
      const second = await one(dialect.clock);
      expect(first).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
      expect(second > first).toBe(true);
      const [row] = await session.query(
        raw(`SELECT ${dialect.clock} AS a, ${dialect.clockPlus(90)} AS b, ${dialect.clockPlus(-0.5)} AS c`),
      );
      const at = (name: string): number => Date.parse(row?.[name] ?? '');
      expect([at('b') - at('a'), at('c') - at('a')]).toEqual([90_000, -500]);
      expect(row?.['c']?.length).toBe(first.length);
    });
  });

  it('makes random UUIDs', async () => {
    const [a, b] = [await one(database.dialect.randomUuid), await one(database.dialect.randomUuid)];
    expect(a).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(a).not.toBe(b);
  });

  it('locks rows against changes', async () => {
    await session.execute('CREATE TABLE locked (id int PRIMARY KEY) ENGINE=InnoDB');
    await session.execute('INSERT INTO locked VALUES (1)');
    const other = await database.session();
    await other.execute('SET innodb_lock_wait_timeout = 1');
    await session.transaction(async () => {
      await session.query(raw(`SELECT id FROM locked ${database.dialect.shareLock}`));
      expect(await other.query(raw(`SELECT id FROM locked ${database.dialect.shareLock}`))).toEqual([{ id: '1' }]);
      await expect(other.run(sql`UPDATE locked SET id = 2`)).rejects.toMatchObject({ details: { number: '1205' } });
    });
    await other.close();
  });

  it('makes its own tables, again and again, and leaves them when it wipes', async () => {
    for (let round = 0; round < 2; round += 1)
      for (const statement of database.dialect.ownTables('')) await session.execute(statement);
    await session.execute('CREATE TABLE gone (id int PRIMARY KEY)');
    await session.execute('CREATE TABLE gone_too (id int, FOREIGN KEY (id) REFERENCES gone (id))');
    await session.execute('CREATE VIEW gone_view AS SELECT id FROM gone');
    await session.execute('CREATE PROCEDURE gone_procedure() SELECT 1');
    await session.execute('CREATE EVENT gone_event ON SCHEDULE EVERY 1 DAY DO SELECT 1');
    await session.execute('CREATE TRIGGER gone_trigger BEFORE INSERT ON gone FOR EACH ROW SET NEW.id = 1');
    await session.wipe();
    expect(await session.describe()).toEqual({ objects: [], tables: [], before: [], after: [], unsupported: [] });
    const rows = await session.query(
      sql`SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual([
      'flyway_schema_history',
      'lockstep_lease',
      'lockstep_state',
      'lockstep_step',
    ]);
  });

  it("writes a file that the engine's own client loads", async () => {
    const zoo = await openFresh(engine);
    await (await loadZoo(zoo.database)).close();
    const snapshot = await zoo.database.snapshot();
    const { dialect } = zoo.database;
    const statements = (list: readonly string[]): string => list.map((statement) => `${statement};\n`).join('');
    let file = statements([...dialect.fileSettings, ...snapshot.shape.before.map(({ create }) => create)]);
    for (const table of snapshot.shape.tables) {
      for await (const rows of snapshot.read(table)) file += dialect.rows.wrap(table, rows).toString();
    }
    file += statements([
      ...(await snapshot.counters()).map((counter) => dialect.counter(counter)),
      ...snapshot.shape.after.map(({ create }) => create),
    ]);
    const copy = await openFresh(engine);
    const { program, args } = clientOf(copy);
    // MariaDB's client takes the comments out of stored programs unless it is told not to.
    const { code, stderr } = await runProgram(program, ['--no-defaults', '--comments', ...args.slice(1)], {
      input: file,
    });
    expect([code, stderr.replace(/^WARNING: option --ssl-verify.*\n/m, '')]).toEqual([0, '']);
    const loaded = await copy.database.snapshot();
    expect(fingerprint(loaded.shape)).toBe(fingerprint(snapshot.shape));
    expect(await digests(loaded)).toEqual(await digests(snapshot));
    await Promise.all([loaded.close(), snapshot.close()]);
  });

  it('makes a scratch database like its own, and drops it', async () => {
    const scratch = await database.scratch();
    const inside = await scratch.database.session();
    const [row] = await inside.query(sql`SELECT DATABASE() AS name, @@collation_database AS collation`);
    expect(row).toEqual({
      name: expect.stringMatching(/^lockstep_scratch_[0-9a-f]{20}$/),
      collation: 'utf8mb4_unicode_ci',
    });
    expect((await inside.describe([''])).objects).toEqual([]);
    await inside.execute('CREATE TABLE t (id int)');
    expect(tableOf(await inside.describe(['']), 't').label).toBe('t');
    await scratch.drop();
    await scratch.drop();
    const left = await runSql(
      opened,
      `SELECT count(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '${row?.['name']}'`,
    );
    expect(left).toBe('0');
  });
});
