import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { backup, digestDatabase, migrate, openDatabase, openStorage, restore } from '@lockstep/core';
import type { Family, Product } from '@lockstep/core';
import { runSql } from '../fixtures/client.ts';
import { describeEachEngine } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import type { FreshDatabase } from '../fixtures/fresh-database.ts';
import { testProduct } from '../fixtures/product.ts';
import { withBackup } from '../fixtures/shop.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { generatedColumns } from './generated-values.ts';
import type { GeneratedColumn } from './generated-values.ts';

const rowsPerRun = 150;
const runs = 2;

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
    await fc.assert(
      fc.asyncProperty(rows, async (values) => {
        const source = await freshDatabase(engine);
        const file = await fill(source, product, values);
        const target = await freshDatabase(engine);
        const database = await openDatabase(target.url);
        await withBackup(file, (archive) => restore(database, product, archive));
        await database.close();
        expect(await contentOf(target, columns)).toEqual(await contentOf(source, columns));
        await source.drop();
        await target.drop();
      }),
      { numRuns: runs, endOnFailure: true },
    );
    process.stdout.write(
      `\n${engine.name}: ${rowsPerRun * runs} generated rows of ${columns.length} types, all the same\n`,
    );
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

/** The engine's own idea of the content of each column. */
async function contentOf(place: FreshDatabase, columns: readonly GeneratedColumn[]): Promise<Record<string, string>> {
  const sums = columns.map((column) => sumOf(column, place.engine.family));
  const line = await runSql(place, `SELECT ${sums.join(', ')} FROM t`);
  return Object.fromEntries(line.split('\t').map((sum, index) => [columns[index]?.type ?? '', sum]));
}

function sumOf({ name, type }: GeneratedColumn, family: Family): string {
  if (family === 'postgres') return `md5(string_agg(id || ' ' || coalesce(${name}::text, 'NULL'), '/' ORDER BY id))`;
  const number = /^(float|double)/.test(type) ? `${name} + 0e0` : name;
  const text = /^(enum|set)/.test(type) ? `CONCAT(${name} + 0, HEX(${name}))` : `HEX(CAST(${number} AS CHAR))`;
  const exact = /binary|blob|char|text|bit/.test(type) ? `HEX(${name})` : text;
  return `SUM(CRC32(CONCAT(id, ' ', COALESCE(${exact}, 'NULL'))))`;
}
