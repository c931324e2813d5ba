import { expect, it } from 'vitest';
import { info, migrate, openDatabase, raw, resolve } from '@lockstep/core';
import type { Database, PhaseName, Product } from '@lockstep/core';
import type { Engine } from '../../../../tests/fixtures/engines.ts';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { freshDatabase } from '../../../../tests/fixtures/fresh-database.ts';
import { opener } from '../../../../tests/fixtures/shop.ts';
import { testProduct } from '../../../../tests/fixtures/product.ts';

const tables = 'CREATE TABLE shop (id int PRIMARY KEY, name varchar(100));\nCREATE TABLE log (id int PRIMARY KEY);\n';

/** Statements that no transaction holds together. */
const alone = (engine: Engine): { index: string; call: string; broken: string } =>
  engine.family === 'postgres'
    ? {
        index: 'CREATE INDEX CONCURRENTLY shop_name ON shop (name)',
        call: 'DO $$ BEGIN INSERT INTO log SELECT count(*) FROM log; COMMIT; END $$',
        broken: 'CREATE UNIQUE INDEX CONCURRENTLY ON shop (name)',
      }
    : {
        index: 'CREATE INDEX shop_name ON shop (name)',
        call: 'CALL write_log()',
        broken: 'CREATE UNIQUE INDEX only_name ON shop (name)',
      };

describeEachEngine('a migration that stops half way', (engine) => {
  const open = opener(engine);

  /** Runs until a phase is reached for the so manieth time, and breaks off there. */
  const stopAt = async (database: Database, product: Product, name: PhaseName, times = 1): Promise<void> => {
    const stop = new AbortController();
    let left = times;
    const run = migrate(database, product, {
      signal: stop.signal,
      onProgress: (progress) => {
        if (progress.kind !== 'phase' || progress.name !== name) return;
        left -= 1;
        if (left === 0) stop.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
  };
  const rows = async (database: Database, query: string): Promise<unknown[]> => {
    const session = await database.session({ schemas: ['public'] });
    const found = await session.query(raw(query));
    await session.close();
    return found.map((row) => Object.values(row)[0]);
  };
  const execute = async (database: Database, statement: string): Promise<void> => {
    const session = await database.session({ schemas: ['public'] });
    await session.execute(statement);
    await session.close();
  };
  const { index, call, broken } = alone(engine);

  it('is refused while its file is not as it was, and shows what ran last', async () => {
    const database = await open();
    const script = `${tables}${index};\n\nINSERT INTO log VALUES (1);\n`;
    const source = await testProduct({ 'V1__shop.sql': script });
    await stopAt(database, await source.load('1.0.0'), 'migrate:executed', engine.family === 'postgres' ? 1 : 3);

    await source.write('V1__shop.sql', script.replace('shop_name', 'shop_by_name'));
    const refused = await migrate(database, await source.load('1.0.0')).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'MIGRATION_EDITED', exit: 4, message: expect.stringContaining(index) });
    expect(refused).toMatchObject({ message: expect.stringMatching(/statement .* is 3 \(line 3\)/) });
    await source.write('V1__shop.sql', script.replace('log (id int', 'log (id bigint'));
    await expect(migrate(database, await source.load('1.0.0'))).rejects.toMatchObject({
      code: 'MIGRATION_EDITED',
      message: expect.stringMatching(/statement 2 \(line 2\): CREATE TABLE log.*last that ran is 3/s),
    });
    expect(await info(database, await source.load('1.0.0'))).toMatchObject({ phase: 'migrating' });

    // What has not run yet may be another one.
    await source.write('V1__shop.sql', script.replace('VALUES (1)', 'VALUES (2)'));
    await migrate(database, await source.load('1.0.0'));
    expect(await rows(database, 'SELECT id FROM log')).toEqual(['2']);
  });

  it('shows what the database says of the statement that it was cut off in', async () => {
    const database = await open();
    const source = await testProduct({ 'V1__tables.sql': tables, 'V2__index.sql': `SELECT 1;\n${index};\nSELECT 2` });
    const product = await source.load('1.0.0');
    const before = engine.family === 'postgres' ? 0 : 2;
    await stopAt(database, product, 'migrate:intent', before + 1);
    const cut = { statement: 2, line: 2, done: 1, total: 3, text: index, atWork: null, effect: 'provable' };
    expect(await resolve(database, product, '2', undefined)).toMatchObject({ ...cut, verdict: 'not happened' });
    await expect(resolve(database, product, '2', 'applied')).rejects.toMatchObject({ code: 'RESOLVE_NOT_NEEDED' });
    await stopAt(database, product, 'migrate:executed');
    expect(await resolve(database, product, '2', undefined)).toMatchObject({ ...cut, verdict: 'happened' });
    expect(await info(database, product)).toMatchObject({
      phase: 'migrating',
      progress: [{ statement: 0 }, { statement: 1, status: 'done' }, { statement: 2, status: 'running', line: 2 }],
    });
    await migrate(database, product);
    expect(await info(database, product)).toMatchObject({ phase: 'ready', progress: [], decisions: [] });
  });

  it('can be taken back by hand, and begins again', async () => {
    const database = await open();
    const source = await testProduct({ 'V1__tables.sql': `${tables}${index};\nINSERT INTO log VALUES (1);` });
    await stopAt(database, await source.load('1.0.0'), 'migrate:executed', engine.family === 'postgres' ? 1 : 3);
    await execute(database, 'DROP TABLE shop');
    await execute(database, 'DROP TABLE log');
    await source.write('V1__tables.sql', tables);
    const product = await source.load('1.0.0');
    await resolve(database, product, '1', 'rolled-back');
    await migrate(database, product);
    expect(await info(database, product)).toMatchObject({
      phase: 'ready',
      decisions: [{ migration: '1', decision: 'rolled-back', by: expect.stringMatching(/process \d+, .+@.+/) }],
    });
  });

  it.each(['retry', 'applied'] as const)(
    'asks what has become of a statement that leaves no trace: %s',
    async (decision) => {
      const database = await open();
      const procedure =
        engine.family === 'postgres' ? '' : 'CREATE PROCEDURE write_log() INSERT INTO log SELECT count(*) FROM log;';
      const source = await testProduct({
        'V1__tables.sql': `${tables}${procedure}`,
        'V2__call.sql': `${call};\nSELECT 1`,
      });
      const product = await source.load('1.0.0');
      const before = engine.family === 'postgres' ? 0 : 3;
      // The retry is told that it has not happened, the other one that it has.
      await stopAt(database, product, decision === 'retry' ? 'migrate:intent' : 'migrate:executed', before + 1);
      await expect(migrate(database, product)).rejects.toMatchObject({ code: 'MIGRATION_UNRESOLVED', exit: 5 });
      await expect(migrate(database, product)).rejects.toMatchObject({ code: 'PHASE_REFUSED' });
      expect(await resolve(database, product, '2', undefined)).toMatchObject({
        statement: 1,
        line: 1,
        text: call,
        effect: 'unprovable',
        verdict: 'unknown',
      });
      await resolve(database, product, '2', decision);
      await migrate(database, product);
      expect(await rows(database, 'SELECT id FROM log')).toEqual(['0']);
      const { decisions } = await info(database, product);
      expect(decisions).toMatchObject([{ migration: '2', statement: 1, decision }]);
    },
  );

  it('leaves nothing of a statement that failed, and runs it again', async () => {
    const database = await open();
    const source = await testProduct({
      'V1__tables.sql': `${tables}INSERT INTO shop VALUES (1, 'a'), (2, 'a');`,
      'V2__index.sql': `${index};\n${broken};`,
    });
    const product = await source.load('1.0.0');
    await expect(migrate(database, product)).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    expect(await resolve(database, product, '2', undefined)).toMatchObject({ statement: 2, verdict: 'not happened' });
    await execute(database, "UPDATE shop SET name = 'b' WHERE id = 2");
    await resolve(database, product, '2', 'retry');
    await migrate(database, product);
    if (engine.family !== 'postgres') return;
    const indexes =
      "SELECT indexrelid::regclass || ' ' || indisvalid FROM pg_index WHERE indrelid = 'shop'::regclass ORDER BY 1";
    expect(await rows(database, indexes)).toEqual(['shop_name true', 'shop_name_idx true', 'shop_pkey true']);
  });

  it('goes on with a data migration at its cursor, unless the file was edited', async () => {
    const database = await open();
    const batches = (fails: string): string => `import { defineDataMigration } from '@lockstep/core/migration';
export default defineDataMigration({
  async batch({ session, sql }, cursor) {
    const next = Number(cursor ?? 0) + 1;
    await session.run(sql\`INSERT INTO log VALUES (\${next})\`);
    ${fails}
    return next === 4 ? null : String(next);
  },
});
`;
    const source = await testProduct({ 'V1__tables.sql': tables, 'V2__fill.ts': batches('') });
    await stopAt(database, await source.load('1.0.0'), 'migrate:batch', 3);
    await source.write('V2__fill.ts', batches("if (next === 3) throw new Error('three')"));
    await expect(migrate(database, await source.load('1.0.0'))).rejects.toMatchObject({ code: 'MIGRATION_EDITED' });
    await source.write('V2__fill.ts', batches(''));
    await stopAt(database, await source.load('1.0.0'), 'migrate:batch', 2);
    expect(await rows(database, 'SELECT id FROM log ORDER BY id')).toEqual(['1', '2', '3']);
    await migrate(database, await source.load('1.0.0'));
    expect(await rows(database, 'SELECT id FROM log ORDER BY id')).toEqual(['1', '2', '3', '4']);
  });

  it('goes on at the cursor after a batch that failed, with the corrected file', async () => {
    const database = await open();
    const batches = (end: string): string => `import { defineDataMigration } from '@lockstep/core/migration';
export default defineDataMigration({
  async batch({ session, sql }, cursor) {
    const next = Number(cursor ?? 0) + 1;
    await session.run(sql\`INSERT INTO log VALUES (\${next})\`);
    if (next === 3) { ${end} }
    return String(next);
  },
});
`;
    const source = await testProduct({ 'V1__tables.sql': tables, 'V2__fill.ts': batches("throw new Error('three')") });
    await expect(migrate(database, await source.load('1.0.0'))).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    await source.write('V2__fill.ts', batches('return null'));
    const product = await source.load('1.0.0');
    await resolve(database, product, '2', 'retry');
    await migrate(database, product);
    expect(await rows(database, 'SELECT id FROM log ORDER BY id')).toEqual(['1', '2', '3']);
  });
});

describeEachEngine(
  'an index whose build has failed',
  (engine) => {
    it.each([
      'CREATE INDEX CONCURRENTLY IF NOT EXISTS shop_name ON shop (name)',
      'CREATE INDEX IF NOT EXISTS shop_name ON shop (name)',
      'CREATE INDEX CONCURRENTLY shop_name ON shop (name)',
    ])('is built again by %s', async (statement) => {
      const database = await openDatabase((await freshDatabase(engine)).url);
      const source = await testProduct({
        'V1__tables.sql': `${tables}INSERT INTO shop VALUES (1, 'a'), (2, 'a');`,
        'V2__index.sql': `${statement};\nSELECT 1`,
      });
      const product = await source.load('1.0.0');
      await migrate(
        database,
        await (
          await testProduct({ 'V1__tables.sql': `${tables}INSERT INTO shop VALUES (1, 'a'), (2, 'a');` })
        ).load('1.0.0'),
      );
      const session = await database.session({ schemas: ['public'] });
      const build = session.execute('CREATE UNIQUE INDEX CONCURRENTLY shop_name ON shop (name)');
      await expect(build).rejects.toMatchObject({ code: 'STATEMENT_FAILED' });
      const notes: string[] = [];
      await migrate(database, product, {
        onProgress: (progress) => void (progress.kind === 'note' && notes.push(progress.text)),
      });
      expect(notes).toContain('Dropped index public.shop_name: its build had failed.');
      const found = await session.query(
        raw("SELECT indisvalid, indisunique FROM pg_index WHERE indexrelid = 'shop_name'::regclass"),
      );
      expect(found).toEqual([{ indisvalid: 't', indisunique: 'f' }]);
      await session.close();
      await database.close();
    });
  },
  (engine) => engine.family === 'postgres',
);
