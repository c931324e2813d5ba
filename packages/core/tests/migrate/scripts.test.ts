import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { info, loadProduct, migrate, raw, sealRelease, sql, validate } from '@lockstep/core';
import type { Database, Product, Progress } from '@lockstep/core';
import { checksum } from '#core/release/checksum.js';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { testProduct } from '../../../../tests/fixtures/product.ts';
import { opener } from '../../../../tests/fixtures/shop.ts';
import type { TestProduct } from '../../../../tests/fixtures/product.ts';

const table = 'CREATE TABLE log (id int PRIMARY KEY, what varchar(200));';
/** Writes a line into the log. */
const write = (what: string): string =>
  `INSERT INTO log SELECT COUNT(*) + 1, '${what}' FROM (SELECT id FROM log) AS before_it;`;

describeEachEngine('scripts', (engine) => {
  const open = opener(engine);
  const log = async (database: Database, text = 'SELECT what FROM log ORDER BY id'): Promise<(string | null)[]> => {
    const session = await database.session({ schemas: ['public'] });
    const rows = await session.query(sql`${raw(text)}`);
    await session.close();
    return rows.map((row) => row['what'] ?? null);
  };
  const load = (source: TestProduct, values: Record<string, string>): Promise<Product> =>
    loadProduct({
      name: 'shop',
      version: '1.0.0',
      migrations: source.folder,
      schemas: ['public'],
      placeholders: { values },
    });

  it('get the values of their placeholders, and keep the checksums of Flyway', async () => {
    const database = await open();
    const files = {
      'V1__log.sql': table,
      'V2__values.sql': write('${Who} ${flyway:filename} ${flyway:user} ${flyway:database} ${flyway:timestamp}'),
      'V3__as_it_is.sql': write('${Who}'),
      'V3__as_it_is.sql.conf': 'placeholderReplacement=false',
      'R__who.sql': "CREATE OR REPLACE VIEW who AS SELECT '${who}' AS what;",
    };
    const source = await testProduct(files);
    await migrate(database, await load(source, { WHO: 'anna' }));
    const [user] = await log(database, `SELECT ${database.dialect.currentUser} AS what`);
    const [name] = await log(database, `SELECT ${database.dialect.currentDatabase} AS what`);
    expect(await log(database)).toEqual([
      expect.stringMatching(
        new RegExp(`^anna V2__values.sql ${user} ${name} \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d$`),
      ),
      '${Who}',
    ]);
    const sums = async (): Promise<unknown> =>
      (await info(database, await load(source, { WHO: 'anna' }))).history.map((row) => row.checksum);
    expect(await sums()).toEqual([
      checksum(files['V1__log.sql']),
      checksum(files['V2__values.sql']),
      checksum(files['V3__as_it_is.sql']),
      checksum(files['R__who.sql'].replace('${who}', 'anna')),
    ]);
    expect(await migrate(database, await load(source, { who: 'anna' }))).toMatchObject({ applied: [] });
    // Another value is another repeatable text.
    expect(await migrate(database, await load(source, { who: 'bob' }))).toMatchObject({
      applied: [{ version: 'R__who' }],
    });
    expect(await log(database, 'SELECT what FROM who')).toEqual(['bob']);
    // Flyway takes the checksum of the file for the same.
    const session = await database.session({ schemas: ['public'] });
    await session.run(
      sql`UPDATE flyway_schema_history SET checksum = ${checksum(files['R__who.sql'])} WHERE version IS NULL`,
    );
    await session.close();
    expect(await migrate(database, await load(source, { who: 'bob' }))).toMatchObject({ applied: [] });
  });

  it('are sent as they stand where no values are given, and refused before the first write where one is missing', async () => {
    const database = await open();
    const source = await testProduct({ 'V1__log.sql': table, 'V2__raw.sql': write('${who}') });
    await expect(migrate(database, await load(source, {}))).rejects.toMatchObject({ code: 'PLACEHOLDER_MISSING' });
    expect(await info(database, await source.load('1.0.0'))).toMatchObject({ phase: 'none' });
    await migrate(database, await source.load('1.0.0'));
    expect(await log(database)).toEqual(['${who}']);
  });

  it('say when they were sealed with other values', async () => {
    const database = await open();
    const source = await testProduct({ 'V1__log.sql': table, 'V2__values.sql': write('${who}') });
    await sealRelease(database, await load(source, { who: 'anna' }), '1.0.0');
    expect(await info(database, await load(source, { who: 'anna' }))).toMatchObject({ notes: [] });
    const notes: string[] = [];
    const onProgress = (progress: Progress): void => {
      if (progress.kind === 'note') notes.push(progress.text);
    };
    await migrate(database, await load(source, { who: 'bob' }), { onProgress });
    expect(notes).toContain('V2__values.sql was sealed with other values of its placeholders.');
    expect(await log(database)).toEqual(['bob']);
  });

  it('are read in the encoding that they say', async () => {
    const database = await open();
    const text = write('Grüße');
    const source = await testProduct({ 'V1__log.sql': table, 'V2__latin.sql.conf': 'encoding=ISO-8859-1' });
    await writeFile(join(source.folder, 'V2__latin.sql'), Buffer.from(text, 'latin1'));
    await migrate(database, await source.load('1.0.0'));
    expect(await log(database)).toEqual(['Grüße']);
    const { history } = await info(database, await source.load('1.0.0'));
    expect(history.at(-1)?.checksum).toBe(checksum(text));
  });

  it('commit statement by statement where they say so', async () => {
    const database = await open();
    const files = { 'V1__log.sql': table, 'V2__two.sql': `${write('one')}\nINSERT INTO nowhere VALUES (1);` };
    const together = await testProduct(files);
    await expect(migrate(database, await together.load('1.0.0'))).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    expect(await log(database)).toEqual([]);
    const separate = await testProduct({ ...files, 'V2__two.sql.conf': 'executeInTransaction=false' });
    await expect(migrate(database, await separate.load('1.0.0'))).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    expect(await log(database)).toEqual(['one']);
    expect(await info(database, await separate.load('1.0.0'))).toMatchObject({ phase: 'failed' });
  });

  if (engine.family === 'postgres')
    it('may call a procedure that commits where they run without a transaction', async () => {
      const database = await open();
      const procedure = `CREATE PROCEDURE steps() LANGUAGE plpgsql AS $$ BEGIN ${write('one')} COMMIT; ${write('two')} END $$;`;
      const source = await testProduct({
        'V1__log.sql': `${table}\n${procedure}`,
        'V2__call.sql': 'CALL steps();',
        'V2__call.sql.conf': 'executeInTransaction=false',
      });
      await migrate(database, await source.load('1.0.0'));
      expect(await log(database)).toEqual(['one', 'two']);
    });

  it('of Flyway that are not run are named', async () => {
    const database = await open();
    const source = await testProduct({
      'V1__log.sql': table,
      'U1__log.sql': 'DROP TABLE log;',
      'B1__log.sql': 'SELECT wrong',
    });
    await migrate(database, await source.load('1.0.0'));
    expect((await info(database, await source.load('1.0.0'))).notes).toEqual([
      expect.stringMatching(/^B1__log.sql is not run/),
      expect.stringMatching(/^U1__log.sql is not run/),
    ]);
    const gone = await testProduct({ 'B2__all.sql': table, 'V3__more.sql': write('x') });
    await expect(migrate(await open(), await gone.load('1.0.0'))).rejects.toMatchObject({
      code: 'BASELINE_FILE_NEEDED',
    });
  });
});

describeEachEngine('callbacks', (engine) => {
  const open = opener(engine);
  const log = async (database: Database): Promise<(string | null)[]> => {
    const session = await database.session({ schemas: ['public'] });
    const rows = await session.query(sql`SELECT what FROM log ORDER BY id`);
    await session.close();
    return rows.map((row) => row['what'] ?? null);
  };
  const files = {
    'V1__one.sql': write('V1'),
    'V2__two.ts': `import { defineDataMigration } from '@lockstep/core/migration';
export default defineDataMigration({ async batch() { return null; } });`,
    'beforeMigrate.sql': table.replace('CREATE TABLE', 'CREATE TABLE IF NOT EXISTS'),
    'beforeMigrate__2_begin.sql': write('begin'),
    'beforeMigrate__3_begin.sql': write('last of begin'),
    'beforeEachMigrate.sql': write('before'),
    'afterEachMigrate.sql': write('after'),
    'afterMigrate.sql': write('end'),
    'afterMigrateError.sql': write('error'),
  };

  it('run around migrations, in their order, and where nothing is pending too', async () => {
    const database = await open();
    const product = await (await testProduct(files)).load('1.0.0');
    await migrate(database, product);
    const all = ['begin', 'last of begin', 'before', 'V1', 'after', 'before', 'after', 'end'];
    expect(await log(database)).toEqual(all);
    expect(await validate(database, product)).toMatchObject({ drifted: false });
    expect(await migrate(database, product)).toMatchObject({ applied: [] });
    expect(await log(database)).toEqual([...all, 'begin', 'last of begin', 'end']);
    // Their tables are those of the shape.
    expect(await info(database, product)).toMatchObject({ phase: 'ready', shape: { drifted: false } });
  });

  it('are part of the transaction of their migration, and of its failure', async () => {
    const database = await open();
    const source = await testProduct({ ...files, 'V3__bad.sql': `${write('V3')}\nINSERT INTO nowhere VALUES (1);` });
    await expect(migrate(database, await source.load('1.0.0'))).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    expect((await log(database)).slice(-2)).toEqual(['after', 'error']);
    await source.write('V3__bad.sql', write('V3'));
    await source.write('afterEachMigrate.sql', `${write('lost')}\nINSERT INTO nowhere VALUES (1);`);
    const failure = { code: 'CALLBACK_FAILED', details: { script: 'afterEachMigrate.sql', line: '2' } };
    await expect(migrate(database, await source.load('1.0.0'))).rejects.toMatchObject(failure);
    expect((await log(database)).slice(-3)).toEqual(['begin', 'last of begin', 'error']);
    expect(await info(database, await source.load('1.0.0'))).toMatchObject({ phase: 'ready' });
    await source.write('afterEachMigrate.sql', write('after'));
    expect(await migrate(database, await source.load('1.0.0'))).toMatchObject({ applied: [{ version: '3' }] });
    expect((await log(database)).slice(-4)).toEqual(['before', 'V3', 'after', 'end']);
  });

  it('that fail before or after everything run once more with the next run', async () => {
    const database = await open();
    const bad = 'INSERT INTO nowhere VALUES (1);';
    const source = await testProduct({ ...files, 'beforeMigrate__2_begin.sql': bad, 'afterMigrate.sql': bad });
    await expect(migrate(database, await source.load('1.0.0'))).rejects.toMatchObject({
      code: 'CALLBACK_FAILED',
      details: { script: 'beforeMigrate__2_begin.sql' },
    });
    expect(await info(database, await source.load('1.0.0'))).toMatchObject({ phase: 'ready', history: [] });
    await source.write('beforeMigrate__2_begin.sql', write('begin'));
    await expect(migrate(database, await source.load('1.0.0'))).rejects.toMatchObject({
      details: { script: 'afterMigrate.sql' },
    });
    expect(await info(database, await source.load('1.0.0'))).toMatchObject({ phase: 'migrating', pending: [] });
    await source.write('afterMigrate.sql', write('end'));
    await migrate(database, await source.load('1.0.0'));
    expect((await log(database)).at(-1)).toBe('end');
    expect(await info(database, await source.load('1.0.0'))).toMatchObject({ phase: 'ready' });
  });

  it('with what no transaction holds run beside it', async () => {
    const database = await open();
    const source = await testProduct({
      ...files,
      'afterEachMigrate.sql':
        engine.family === 'postgres'
          ? `VACUUM log;\n${write('after')}`
          : `ALTER TABLE log COMMENT 'x';\n${write('after')}`,
    });
    const refusal = { code: 'CALLBACK_FAILED', message: expect.stringContaining('data migration') };
    await expect(migrate(database, await source.load('1.0.0'))).rejects.toMatchObject(refusal);
    expect(await log(database)).toEqual(['begin', 'last of begin', 'before', 'V1', 'after', 'error']);
    expect(await info(database, await source.load('1.0.0'))).toMatchObject({
      phase: 'ready',
      pending: [{ version: '2' }],
    });
  });
});
