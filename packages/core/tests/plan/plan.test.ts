import { afterEach, expect, it } from 'vitest';
import { migrate, openDatabase, plan, planByHand, sql, validate } from '@lockstep/core';
import type { Database, Plan, PlannedStatement } from '@lockstep/core';
import { clientOf } from '../../../../tests/fixtures/client.ts';
import { describeEachEngine, everyServer } from '../../../../tests/fixtures/engines.ts';
import { freshDatabase } from '../../../../tests/fixtures/fresh-database.ts';
import type { FreshDatabase } from '../../../../tests/fixtures/fresh-database.ts';
import { runProgram } from '../../../../tests/fixtures/program.ts';
import { runCli } from '../../../../tests/fixtures/cli.ts';
import { succeed } from '../../../../tests/fixtures/lockstep.ts';
import { configure, testProduct } from '../../../../tests/fixtures/product.ts';

const first = {
  'V1.0.0.1__shop.sql': `CREATE TABLE shop (id int PRIMARY KEY, name varchar(100) NOT NULL, old int);
INSERT INTO shop VALUES (1, 'lamp', 3), (2, 'it''s; a "chair"', 4);`,
};

const second = {
  'V1.1.0.1__more.sql': `-- lockstep: drops shop.old
CREATE TABLE item (id int PRIMARY KEY, label varchar(20));
CREATE INDEX item_label ON item (label);
ALTER TABLE shop ADD COLUMN note varchar(20);
CREATE INDEX shop_name ON shop (name);
ALTER TABLE shop DROP COLUMN old; -- lockstep: allow ban-drop-column nobody reads it
UPDATE shop SET note = 'a;b -- c';
-- the end`,
};

const fill = `// lockstep: changes shop.name
import { defineDataMigration } from '@lockstep/core/migration';
export default defineDataMigration({ table: 'shop', key: 'id', select: ['name'], async batch() {} });`;

function statementsOf({ migrations }: Plan): readonly PlannedStatement[] {
  return migrations.flatMap(({ statements }) => statements);
}

function rulesOf(statement: PlannedStatement | undefined): string[] {
  return statement?.warnings.map(({ rule }) => rule) ?? [];
}

describeEachEngine('plan', (engine) => {
  const opened: Database[] = [];
  afterEach(async () => {
    for (const database of opened.splice(0)) await database.close();
  });

  async function open(): Promise<Database> {
    const { url } = await freshDatabase(engine);
    const database = await openDatabase(url, { purpose: 'test' });
    opened.push(database);
    return database;
  }

  it('tells of each statement what it locks, on how many rows, and how to do it better', async () => {
    const database = await open();
    const source = await testProduct(first);
    await migrate(database, await source.load('1.0.0'));
    for (const [file, text] of Object.entries(second)) await source.write(file, text);
    await source.write('V1.1.0.2__fill.ts', fill);
    const product = await source.load('1.1.0');
    const session = await database.session({ schemas: ['public'] });
    await session.execute(engine.family === 'postgres' ? 'ANALYZE shop' : 'ANALYZE TABLE shop');
    const before = await session.describe(['public']);
    const found = await plan(database, product);
    expect(await session.describe(['public'])).toEqual(before);
    await session.close();

    const isPostgres = engine.family === 'postgres';
    expect([found.from, found.to, found.drifted]).toEqual(['0.0.0+1', '1.1.0', false]);
    const [table, index, column, indexOld, drop, update] = statementsOf(found);
    expect([table, index].map(rulesOf)).toEqual([[], []]);
    expect(index?.tables[0]).toMatchObject({ isNew: true, rows: 0 });
    expect(column?.tables[0]).toMatchObject({
      table: isPostgres ? 'public.shop' : 'shop',
      rows: 2,
      bytes: expect.any(Number),
      lock: isPostgres ? 'ACCESS EXCLUSIVE' : 'DEFAULT',
      work: 'nothing',
    });
    expect(indexOld?.tables[0]).toMatchObject({ blocks: isPostgres ? 'writes' : 'nothing', work: 'builds an index' });
    expect(rulesOf(indexOld)).toEqual(isPostgres ? ['require-concurrent-index-creation'] : []);
    expect(rulesOf(drop)).toEqual([]);
    expect(rulesOf(update)).toEqual(['changing-all-rows']);
    expect([drop?.line, update?.effect, update?.done]).toEqual([6, 'provable', false]);
    expect(found.migrations[1]).toMatchObject({
      language: 'typescript',
      tables: [{ table: isPostgres ? 'public.shop' : 'shop', rows: 2 }],
    });
    await expect(planByHand(database, product)).rejects.toMatchObject({
      code: 'MIGRATION_NOT_SQL',
      details: { version: '1.1.0.2' },
    });
    expect(await plan(database, product, { to: '1.1.0', severities: { 'changing-all-rows': 'off' } })).toSatisfy(
      (again: Plan) => statementsOf(again).every((statement) => !rulesOf(statement).includes('changing-all-rows')),
    );
  });

  it('refuses what migrate refuses, shows drift, and changes nothing', async () => {
    const database = await open();
    const source = await testProduct(first);
    const product = await source.load('1.0.0');
    expect(await plan(database, product)).toMatchObject({
      from: null,
      drifted: null,
      migrations: [{ version: '1.0.0.1' }],
    });
    const session = await database.session({ schemas: ['public'] });
    await session.execute('CREATE TABLE mine (id int)');
    await expect(plan(database, product)).rejects.toMatchObject({ code: 'DATABASE_NOT_ADOPTED' });
    await session.execute('DROP TABLE mine');
    await migrate(database, product);
    await session.execute('CREATE TABLE mine (id int)');
    const drifted = await plan(database, product);
    expect([drifted.migrations, drifted.drifted]).toEqual([[], true]);
    expect(drifted.differences.some(({ name }) => name.endsWith('mine'))).toBe(true);
    await expect(plan(database, product, { to: '9.9.9' })).rejects.toMatchObject({ code: 'RELEASE_UNKNOWN' });
    const other = { ...product, name: 'other' };
    await expect(plan(database, other)).rejects.toMatchObject({ code: 'OTHER_PRODUCT' });
    await session.run(sql`UPDATE lockstep_state SET release_name = ${'2.0.0'}`);
    await expect(plan(database, product)).rejects.toMatchObject({ code: 'DATABASE_NEWER' });
    await session.close();
  });
});

/** Runs a script with the server's own client, in the way that its head tells. */
async function byHand(fresh: FreshDatabase, script: string): Promise<void> {
  const { program, args } = clientOf(fresh);
  const [option = '', ...rest] = args;
  const told = fresh.engine.family === 'postgres' ? args : [option, '--comments', ...rest];
  const { code, stderr } = await runProgram(program, told, { input: script });
  expect([code, stderr]).toEqual([0, '']);
}

describeEachEngine(
  'plan on a server',
  (engine) => {
    it('names a transaction that has been open for long', async () => {
      const { url } = await freshDatabase(engine);
      const database = await openDatabase(url, { purpose: 'test' });
      const source = await testProduct(first);
      await migrate(database, await source.load('1.0.0'));
      const sleeping = engine.family === 'postgres' ? 'SELECT pg_sleep(6)' : 'DO SLEEP(6)';
      const session = await database.session({ schemas: ['public'] });
      const other = await database.session({ schemas: ['public'] });
      const found = await session.transaction(async () => {
        await session.query(sql`SELECT id FROM shop FOR UPDATE`);
        // The server's clock is what counts.
        await session.execute(sleeping);
        // MySQL has a view of the connections that fails for statements like this one.
        const speaks = other.execute(`${sleeping.replace('6', '1')} /* \u{1f6ab} */`);
        const seen = await plan(database, await source.load('1.0.0'));
        await speaks;
        return seen;
      });
      await other.close();
      const mine = found.transactions.find(({ who }) => who.includes(session.id.split('@')[0] ?? ''));
      expect(mine?.seconds).toBeGreaterThanOrEqual(5);
      if (engine.family !== 'mariadb') expect(mine?.tables.some((table) => table.endsWith('shop'))).toBe(true);
      await session.close();
      await database.close();
    });

    it("prints a script that the server's own client runs, and that leaves the release behind", async () => {
      const fresh = await freshDatabase(engine);
      const isPostgres = engine.family === 'postgres';
      const routine = isPostgres
        ? `CREATE FUNCTION one() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$; -- one;
CREATE INDEX CONCURRENTLY shop_note ON shop (note);`
        : `CREATE FUNCTION one() RETURNS int DETERMINISTIC BEGIN /* one; */ RETURN 1; END;
CREATE INDEX shop_note ON shop (note);`;
      const source = await testProduct({
        ...first,
        ...second,
        'V1.1.0.2__routine.sql': routine,
        'R__views.sql': 'CREATE OR REPLACE VIEW labels AS SELECT id, name FROM shop;',
      });
      const database = await openDatabase(fresh.url, { purpose: 'test' });
      // From the very beginning, then from a release that Lockstep has made.
      await byHand(fresh, await planByHand(database, await source.load('1.1.0')));
      const product = await source.load('1.1.0');
      expect(await validate(database, product)).toMatchObject({ drifted: false, differences: [] });
      expect(await plan(database, product)).toMatchObject({ migrations: [] });
      await source.write('V1.2.0.1__last.sql', "INSERT INTO item VALUES (7, 'x\\\\y');");
      const next = await source.load('1.2.0');
      await byHand(fresh, await planByHand(database, next));
      expect(await validate(database, next)).toMatchObject({ drifted: false });
      expect(await migrate(database, next)).toMatchObject({ applied: [] });
      await database.close();

      await configure(source, '1.2.0');
      const shown = await succeed(fresh.url, ['info'], { cwd: source.folder });
      expect([shown['phase'], shown['pending'], shown['release']]).toEqual([
        'ready',
        [],
        { code: '1.2.0', database: '0.0.0+4' },
      ]);
      const printed = await runCli(['--database-url', fresh.url, 'plan'], { cwd: source.folder });
      expect([printed.code, printed.stdout]).toEqual([0, expect.stringContaining('nothing is pending')]);
    });
  },
  everyServer,
);
