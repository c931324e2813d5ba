import { expect, it } from 'vitest';
import {
  info,
  loadProduct,
  migrate,
  openDatabase,
  openStorage,
  raw,
  resolve,
  sealRelease,
  sql,
  upgrade,
  validate,
} from '@lockstep/core';
import type { Database, Product, Row } from '@lockstep/core';
import { checksum } from '#core/release/checksum.js';
import { describeEachEngine, someEngine } from '../../../../tests/fixtures/engines.ts';
import { flywayHistory, flywayTypes } from '../../../../tests/fixtures/flyway.ts';
import type { FlywayRow } from '../../../../tests/fixtures/flyway.ts';
import { freshDatabase } from '../../../../tests/fixtures/fresh-database.ts';
import { testProduct } from '../../../../tests/fixtures/product.ts';
import type { TestProduct } from '../../../../tests/fixtures/product.ts';
import { temporaryFolder } from '../../../../tests/fixtures/temporary-folder.ts';
import { opener } from '../../../../tests/fixtures/shop.ts';
import { until } from '../../../../tests/fixtures/until.ts';

const files = {
  'V1__person.sql': 'CREATE TABLE person (id int PRIMARY KEY, name varchar(100));\n',
  'V01.1__people.sql': "INSERT INTO person VALUES (1, 'Axel');\nINSERT INTO person VALUES (2, 'Mr. Foo');\n",
  'V2_0__age.sql': 'ALTER TABLE person ADD COLUMN age int;\n',
  'R__names.sql': 'CREATE OR REPLACE VIEW names AS SELECT name FROM person;\n',
};
const nothingToDo = `import { defineDataMigration } from '@lockstep/core/migration';
export default defineDataMigration({ async batch() { return null; } });`;
const sumOf = (text: string): number => checksum(text);

/** All that the files make, as Flyway has left it: versions as they may be written, a repeatable that ran twice. */
const rows: readonly FlywayRow[] = [
  { rank: 0, version: null, description: '<< Flyway Schema Creation >>', type: 'SCHEMA', script: '"public"' },
  { rank: 1, version: '1.0', description: 'person', checksum: sumOf(files['V1__person.sql']) },
  { rank: 2, version: null, description: 'names', checksum: 17 },
  { rank: 3, version: '1.1', description: 'people', checksum: sumOf(files['V01.1__people.sql']) },
  { rank: 4, version: '9', description: 'gone', checksum: 4 },
  { rank: 5, version: '9', description: 'gone', type: 'DELETE', checksum: 4 },
  { rank: 6, version: '02', description: 'age', checksum: sumOf(files['V2_0__age.sql']) },
  { rank: 7, version: null, description: 'names', checksum: sumOf(files['R__names.sql']) },
];

describeEachEngine("Flyway's history", (engine) => {
  const openEmpty = opener(engine);
  const open = async (statements: readonly string[]): Promise<Database> => {
    const database = await openEmpty();
    await execute(database, statements);
    return database;
  };
  const execute = async (database: Database, statements: readonly string[]): Promise<void> => {
    const session = await database.session({ schemas: ['public'] });
    for (const statement of statements) await session.execute(statement.replace(/;\s*$/, ''));
    await session.close();
  };
  const query = async (database: Database, text: string): Promise<Row[]> => {
    const session = await database.session({ schemas: ['public'] });
    const found = await session.query(sql`${raw(text)}`);
    await session.close();
    return found;
  };
  const made = Object.values(files).flatMap((text) => text.split(/(?<=;)\n/).filter((part) => part !== ''));
  const leftByFlyway = (own = rows): Promise<Database> => open([...made, ...flywayHistory(engine.family, own)]);

  it('is taken over as it is, and gone on with so that Flyway can read it', async () => {
    const database = await leftByFlyway();
    const source = await testProduct(files);
    const product = await source.load('1.0.0');
    const before = await info(database, product);
    expect(before).toMatchObject({ phase: 'none', pending: [], unapplied: [] });
    expect(before.history.map(({ state }) => state)).toEqual([
      'Success',
      'Success',
      'Superseded',
      'Success',
      'Deleted',
      'Success',
      'Success',
      'Success',
    ]);
    expect(await validate(database, product)).toMatchObject({ drifted: false });
    expect(await migrate(database, product)).toMatchObject({ from: '0.0.0+3', applied: [] });

    await source.write('V3__more.sql', "INSERT INTO person (id, name) VALUES (3, 'Ms. Bar');");
    await source.write(`V4__fill_${'x'.repeat(220)}.ts`, nothingToDo);
    await source.write('R__names.sql', 'CREATE OR REPLACE VIEW names AS SELECT name, age FROM person;\n');
    expect((await migrate(database, await source.load('1.0.0'))).applied.map(({ version }) => version)).toEqual([
      '3',
      expect.stringMatching('4'),
      'R__names',
    ]);
    const now = await query(database, 'SELECT * FROM flyway_schema_history ORDER BY installed_rank');
    expect(now.map((row) => row['installed_rank'])).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
    expect(now.every((row) => flywayTypes.includes(row['type'] ?? ''))).toBe(true);
    expect(now[9]).toMatchObject({ version: '4', type: 'CUSTOM', description: `fill ${'x'.repeat(192)}...` });
    const [user] = await query(database, `SELECT ${database.dialect.currentUser} AS name`);
    expect(now[8]).toMatchObject({ version: '3', type: 'SQL', script: 'V3__more.sql', installed_by: user?.['name'] });
    expect(now.slice(0, 8).map((row) => row['installed_by'])).toEqual(Array(8).fill('app'));
    expect(await validate(database, await source.load('1.0.0'))).toMatchObject({ drifted: false });
    expect(await migrate(database, await source.load('1.0.0'))).toMatchObject({ applied: [] });
  });

  it('is held to its checksums', async () => {
    const database = await leftByFlyway();
    const edited = await testProduct({ ...files, 'V2_0__age.sql': 'ALTER TABLE person ADD COLUMN years int;\n' });
    const product = await edited.load('1.0.0');
    const refusal = { code: 'CHECKSUM_MISMATCH', details: { applied: String(sumOf(files['V2_0__age.sql'])) } };
    await expect(migrate(database, product)).rejects.toMatchObject(refusal);
    await expect(validate(database, product)).rejects.toMatchObject(refusal);
    expect(await info(database, product)).toMatchObject({ phase: 'none' });
  });

  it('is refused by name where something has failed in it', async () => {
    const failed: FlywayRow = { rank: 8, version: '3', description: 'broken', checksum: 1, success: false };
    const database = await leftByFlyway([...rows, failed]);
    const source = await testProduct({ ...files, 'V3__broken.sql': 'SELECT 1;' });
    const product = await source.load('1.0.0');
    await expect(migrate(database, product)).rejects.toMatchObject({
      code: 'HISTORY_FAILED',
      message: expect.stringContaining('3 (V3__broken.sql)'),
    });
    expect(await info(database, product)).toMatchObject({ phase: 'none' });
    const facts = await resolve(database, product, '3', undefined);
    expect(facts).toMatchObject({ script: 'V3__broken.sql', message: expect.stringContaining('installed_rank 8') });
    expect(facts.choices).toEqual(['applied', 'rolled-back']);
    await expect(resolve(database, product, '3', 'retry')).rejects.toMatchObject({ code: 'USAGE' });
    await resolve(database, product, '3', 'rolled-back');
    expect(await migrate(database, product)).toMatchObject({ applied: [{ version: '3' }] });
    expect((await info(database, product)).decisions).toMatchObject([{ migration: '3', decision: 'rolled-back' }]);

    const other = await leftByFlyway([...rows, { ...failed, checksum: sumOf('SELECT 1;') }]);
    await resolve(other, product, '3', 'applied');
    expect(await migrate(other, product)).toMatchObject({ applied: [] });
  });

  it('is settled together with what Lockstep had left behind of the same migration', async () => {
    const database = await openEmpty();
    const source = await testProduct({
      'V1__a.sql': 'CREATE TABLE a (id int);',
      'V2__b.sql': 'CREATE TABLE b (id int);\nSELECT nothing FROM b;\n',
      'V2__b.sql.conf': 'executeInTransaction=false',
    });
    await expect(migrate(database, await source.load('1.0.0'))).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    // Flyway knows nothing of it, begins the migration anew, and fails.
    await execute(database, [
      `INSERT INTO flyway_schema_history (installed_rank, version, description, type, script, checksum, installed_by,
        execution_time, success) VALUES (2, '2', 'b', 'SQL', 'V2__b.sql', 1, 'app', 0, false)`,
      'DROP TABLE b',
      // As if it had been an upgrade, which goes back to its backup.
      `UPDATE lockstep_state SET detail = REPLACE(detail, '"migration"', '"backup":"saved","migration"')`,
    ]);
    await source.write('V2__b.sql', 'CREATE TABLE b (id int);\nINSERT INTO b VALUES (1);\n');
    const product = await source.load('1.0.0');
    await resolve(database, product, '2', 'rolled-back');
    expect(await info(database, product)).toMatchObject({ detail: { backup: 'saved', from: 'empty' } });
    expect(await migrate(database, product)).toMatchObject({ applied: [{ version: '2' }] });
    expect(await validate(database, product)).toMatchObject({ drifted: false });
    expect(await info(database, product)).toMatchObject({ phase: 'ready', decisions: [{ decision: 'rolled-back' }] });
  });

  it('hides what its baseline stands for', async () => {
    const baseline: FlywayRow = {
      rank: 1,
      version: '1.1',
      description: '<< Flyway Baseline >>',
      type: 'BASELINE',
      script: '<< Flyway Baseline >>',
    };
    const database = await open([...made.slice(0, 3), ...flywayHistory(engine.family, [baseline])]);
    const source = await testProduct(files);
    expect(await info(database, await source.load('1.0.0'))).toMatchObject({
      history: [{ state: 'Baseline' }],
      unapplied: [
        { version: '1', state: 'Below Baseline' },
        { version: '01.1', state: 'Ignored (Baseline)' },
        { version: '2.0', state: 'Pending' },
        { version: 'R__names', state: 'Pending' },
      ],
    });
    expect((await migrate(database, await source.load('1.0.0'))).applied.map(({ version }) => version)).toEqual([
      '2.0',
      'R__names',
    ]);
    expect(await validate(database, await source.load('1.0.0'))).toMatchObject({ drifted: false });
    expect(await info(database, await source.load('1.0.0'))).toMatchObject({ release: { database: '0.0.0+3' } });

    // A project that began with a database has no files of what was there.
    const { 'V1__person.sql': _, 'V01.1__people.sql': __, ...later } = files;
    const begun = await (await testProduct(later)).load('1.0.0');
    expect(await validate(database, begun)).toMatchObject({ drifted: null });
    expect(await migrate(database, begun)).toMatchObject({ applied: [] });
  });

  it('has the states that Flyway names', async () => {
    const success = { checksum: 1 };
    const database = await open(
      flywayHistory(engine.family, [
        { rank: 1, version: '1', description: 'person', ...success },
        { rank: 2, version: '2', description: 'age', ...success },
        { rank: 3, version: '1.1', description: 'people', ...success },
        { rank: 4, version: '1.5', description: 'lost', ...success },
        { rank: 5, version: '7', description: 'ahead', ...success },
        { rank: 6, version: '8', description: 'broken', success: false },
        { rank: 7, version: null, description: 'names', ...success },
      ]),
    );
    const source = await testProduct({ ...files, 'V1.2__late.sql': 'SELECT 1;' });
    const found = await info(database, await source.load('1.0.0'));
    expect(found.history.map(({ state }) => state)).toEqual([
      'Success',
      'Success',
      'Out of Order',
      'Missing',
      'Future',
      'Failed (Future)',
      'Outdated',
    ]);
    expect(found.unapplied).toMatchObject([{ version: '1.2', state: 'Ignored' }]);
  });

  it('is backed up before an upgrade, and compared afterwards', async () => {
    const database = await leftByFlyway();
    const source = await testProduct({ ...files, 'V3__more.sql': 'ALTER TABLE person ADD COLUMN city varchar(10);' });
    const storage = openStorage(await temporaryFolder());
    const result = await upgrade(database, await source.load('1.0.0'), storage);
    expect(result).toMatchObject({ applied: [{ version: '3' }], backup: { release: '0.0.0+3' } });
    expect(result.comparison).not.toBeNull();
  });

  // No Flyway has ever been at an embedded database.
  if (engine.url === undefined) return;
  it("makes us wait while Flyway's lock is held", async () => {
    const database = await leftByFlyway();
    const product = await (await testProduct(files)).load('1.0.0');
    const flyway = await database.session({ schemas: ['public'] });
    const [row] = await flyway.query(sql`SELECT ${raw(engine.family === 'postgres' ? "''" : 'DATABASE()')} AS name`);
    const hash = hashCode(`\`${row?.['name']}\`.\`flyway_schema_history\``);
    const take = engine.family === 'postgres' ? 'pg_advisory_lock(77433833903597)' : `GET_LOCK('Flyway-${hash}', 0)`;
    await flyway.query(sql`SELECT ${raw(take)}`);
    let waiting = false;
    let done = false;
    const onProgress = (progress: { readonly kind: string }): void => {
      waiting ||= progress.kind === 'waiting';
    };
    const run = migrate(database, product, { onProgress }).then(() => (done = true));
    await until(() => waiting);
    expect(done).toBe(false);
    await flyway.close();
    await run;
  });
});

/** Java's. */
function hashCode(text: string): number {
  return text.split('').reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0, 0);
}

describeEachEngine(
  "a folder of Flyway's",
  (engine) => {
    const open = opener(engine);

    it('runs in the order of the versions where some of them name releases', async () => {
      const versions = ['1', '1.1', '2', '2.0.1', '2.1', '3'];
      const scripts = versions.map((version) => [
        `V${version}__x.sql`,
        `CREATE TABLE t${version.replaceAll('.', '')} (id int);`,
      ]);
      const source = await testProduct(Object.fromEntries(scripts));
      const database = await open();
      await migrate(database, await source.load('3.0.0'), { to: '2.0.1' });
      expect(await versionsOf(database, source, '3.0.0')).toEqual(['1', '1.1', '2', '2.0.1']);
      await migrate(database, await source.load('3.0.0'));
      expect(await versionsOf(database, source, '3.0.0')).toEqual(versions);
    });

    it("keeps a TypeScript migration that Flyway's repair has marked as deleted", async () => {
      const source = await testProduct({ 'V1__x.sql': 'SELECT 1;', 'V2__fill.ts': nothingToDo });
      const database = await open();
      await migrate(database, await source.load('1.0.0'));
      const session = await database.session({ schemas: ['public'] });
      await session.execute(`INSERT INTO flyway_schema_history (installed_rank, version, description, type, script,
        checksum, installed_by, execution_time, success) VALUES (3, '2', 'fill', 'DELETE', 'V2__fill.ts', 1, 'app', 0, true)`);
      await session.close();
      await source.write('V3__x.sql', 'SELECT 1;');
      expect(await migrate(database, await source.load('1.0.0'))).toMatchObject({ applied: [{ version: '3' }] });
      const { history } = await info(database, await source.load('1.0.0'));
      expect(history.map(({ state }) => state)).toEqual(['Success', 'Success', 'Success', 'Success']);
    });

    it('is refused where a version is ahead of the code, by name', async () => {
      const source = await testProduct({ 'V1.1.1__x.sql': 'SELECT 1;', 'V1__x.sql': 'SELECT 1;' });
      await expect(migrate(await open(), await source.load('1.0.0'))).rejects.toMatchObject({
        code: 'MIGRATION_AHEAD',
        details: { script: 'V1.1.1__x.sql', release: '1.1.1' },
      });
    });
  },
  (engine) => engine === someEngine(),
);

async function versionsOf(database: Database, source: TestProduct, version: string): Promise<(string | null)[]> {
  return (await info(database, await source.load(version))).history.map((row) => row.version);
}

describeEachEngine(
  "Flyway's history in a schema that needs quotes",
  (engine) => {
    it('is found there, and no other', async () => {
      const { url } = await freshDatabase(engine);
      const database = await openDatabase(url);
      const schema = 'My "own" Schema';
      const session = await database.session({ schemas: [schema] });
      await session.execute('CREATE SCHEMA "My ""own"" Schema"');
      const text = 'CREATE TABLE mine (id int);';
      await session.execute(text.slice(0, -1));
      for (const statement of flywayHistory(
        'postgres',
        [
          {
            rank: 0,
            version: null,
            description: '<< Flyway Schema Creation >>',
            type: 'SCHEMA',
            script: '"My ""own"" Schema"',
          },
          { rank: 1, version: '1', description: 'mine', checksum: sumOf(text) },
        ],
        schema,
      ))
        await session.execute(statement);
      await session.close();
      const source = await testProduct({ 'V1__mine.sql': text, 'V2__more.sql': 'CREATE TABLE more (id int);' });
      const product = await loadProduct({
        name: 'shop',
        version: '1.0.0',
        migrations: source.folder,
        schemas: [schema],
      });
      expect(await migrate(database, product)).toMatchObject({ applied: [{ version: '2' }] });
      expect(await validate(database, product)).toMatchObject({ drifted: false });
      await database.close();
    });

    it('is gone on with where the files need a schema that Flyway has made, which a callback may make', async () => {
      const database = await opener(engine)();
      const text = 'CREATE TABLE other.mine (id int);';
      const session = await database.session({ schemas: ['public'] });
      for (const statement of [
        'CREATE SCHEMA other',
        text.slice(0, -1),
        ...flywayHistory('postgres', [
          { rank: 0, version: null, description: '<< Flyway Schema Creation >>', type: 'SCHEMA', script: '"other"' },
          { rank: 1, version: '1', description: 'mine', checksum: sumOf(text) },
        ]),
      ])
        await session.execute(statement);
      await session.close();
      const source = await testProduct({ 'V1__mine.sql': text });
      const load = (): Promise<Product> =>
        loadProduct({ name: 'shop', version: '1.0.0', migrations: source.folder, schemas: ['public', 'other'] });
      await migrate(database, await load());
      expect(await validate(database, await load())).toMatchObject({
        drifted: null,
        why: expect.stringMatching(/V1__mine\.sql.*"other" does not exist/),
      });
      expect(await info(database, await load())).toMatchObject({ shape: { drifted: null } });
      await expect(sealRelease(database, await load(), '1.0.0')).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
      await source.write('beforeMigrate.sql', 'CREATE SCHEMA IF NOT EXISTS other;');
      expect(await validate(database, await load())).toMatchObject({ drifted: false, why: null });
    });
  },
  (engine) => engine === someEngine('postgres'),
);
