import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { backup, digestDatabase, migrate, openDatabase, openStorage, restore } from '@lockstep/core';
import type { Product } from '@lockstep/core';
import { runSql } from '../fixtures/client.ts';
import { describeEachEngine } from '../fixtures/engines.ts';
import type { Engine } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import type { FreshDatabase } from '../fixtures/fresh-database.ts';
import { testProduct } from '../fixtures/product.ts';
import { withBackup } from '../fixtures/shop.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { generatedColumns } from './generated-values.ts';

const rowsPerRun = 150;

describeEachEngine('generated values of every type', (engine) => {
  const columns = generatedColumns(engine.family);
  const rows = fc.array(fc.tuple(...columns.map(({ values }) => values)), {
    minLength: rowsPerRun,
    maxLength: rowsPerRun,
    size: 'max',
  });

  it('are the same after a backup and a restore', { timeout: 300_000 }, async () => {
    const list = columns.map(({ name, type }) => `${name} ${type}`).join(', ');
    const files = await testProduct({ 'V1.0.0.1__values.sql': `CREATE TABLE t (id int PRIMARY KEY, ${list});` });
    const product = await files.load('1.0.0');
    const types = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(rows, async (values) => {
        const source = await freshDatabase(engine);
        const file = await fill(source, product, values);
        const target = await freshDatabase(engine);
        const database = await openDatabase(target.url);
        await withBackup(file, (archive) => restore(database, product, archive));
        await database.close();
        expect(await own(target, engine)).toBe(await own(source, engine));
        for (const { type } of columns) types.set(type, (types.get(type) ?? 0) + values.length);
        await source.drop();
        await target.drop();
      }),
      { numRuns: 2, endOnFailure: true },
    );
    process.stdout.write(`\n${engine.name}: ${rowsPerRun * 2} generated values of ${types.size} types, all the same\n`);
  });
});

/** Writes the rows by the engine's own client, and takes a backup. Returns its file. */
async function fill(place: FreshDatabase, product: Product, rows: readonly (readonly string[])[]): Promise<string> {
  const database = await openDatabase(place.url);
  await migrate(database, product);
  await database.close();
  const lenient =
    place.engine.family === 'postgres' ? '' : `SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00';\n`;
  const inserts = rows.map((values, id) => `INSERT INTO t VALUES (${id}, ${values.join(', ')});\n`);
  await runSql(place, lenient + inserts.join(''));
  const again = await openDatabase(place.url);
  try {
    const { file } = await backup(again, product, openStorage(await temporaryFolder()));
    expect((await digestDatabase(again, product)).tables.find(({ name }) => /\bt$/.test(name))?.rows).toBe(rows.length);
    return file;
  } finally {
    await again.close();
  }
}

/** The engine's own idea of the content of the table. */
async function own(place: FreshDatabase, engine: Engine): Promise<string> {
  if (engine.family !== 'postgres')
    return runSql(place, 'CHECKSUM TABLE t EXTENDED').then((line) => line.split('\t')[1] ?? '');
  return runSql(place, `SELECT count(*) || ' ' || md5(string_agg(t::text, E'\\n' ORDER BY id)) FROM t`);
}
