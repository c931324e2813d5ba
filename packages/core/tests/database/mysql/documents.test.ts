import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MysqlDatabase } from '#core/database/mysql/mysql-database.js';
import { isExactNumber } from '#core/database/mysql/row-form/document-number.js';
import { rowForm } from '#core/database/mysql/row-form/row-form.js';
import type { MysqlSession } from '#core/database/mysql/session.js';
import { raw } from '#core/database/sql.js';
import type { TableShape } from '#core/shape/shape.js';
import { describeEachEngine } from '../../../../../tests/fixtures/engines.ts';
import { anyDecimal, document, double, smallDecimal } from './document-values.ts';
import { collect, describeEachServer, openFresh, tableOf } from './servers.ts';

describeEachServer('documents', (engine) => {
  let database: MysqlDatabase;
  let session: MysqlSession;
  let table: TableShape;

  beforeAll(async () => {
    ({ database } = await openFresh(engine));
    session = await database.session();
    await session.execute('CREATE TABLE documents (doc json NOT NULL, id int PRIMARY KEY)');
    table = tableOf(await session.describe(), 'documents');
  });

  afterAll(() => session.close());

  /** A reading of its own kind: what is known of one table shape is not known of another. */
  const read = async (range: string): Promise<string> =>
    (await collect(session.readRows({ ...table }, ['id'], range))).toString();

  it('are read as the server converts all of them', async () => {
    const converted = engine.family === 'mysql' ? 'CAST(CAST(doc AS CHAR) AS JSON)' : 'doc';
    const seen = { same: 0, other: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(document(engine.family), { minLength: 20, maxLength: 20 }), async (documents) => {
        await session.execute('DELETE FROM documents');
        await session.execute(
          `INSERT INTO documents (doc, id) VALUES ${documents.map((sql, id) => `(${sql}, ${id})`).join(', ')}`,
        );
        const rows = await session.query(
          raw(`SELECT doc AS plain, ${converted} AS converted FROM documents ORDER BY id`),
        );
        const lines = rows.map((row, id) => rowForm.encode(table, [row['converted'] ?? null, String(id)]));
        // All of them, in which the first number that has to be converted decides; and each for itself.
        expect(await read('')).toBe(lines.join(''));
        expect(await read('id >= 7')).toBe(lines.slice(7).join(''));
        for (const [id, line] of lines.entries()) expect(await read(`id = ${id}`)).toBe(line);
        for (const row of rows) seen[row['plain'] === row['converted'] ? 'same' : 'other'] += 1;
      }),
      { numRuns: 40 },
    );
    expect(seen.same).toBeGreaterThan(200);
    if (engine.family === 'mysql') expect(seen.other).toBeGreaterThan(100);
  });
});

/** On MariaDB a document is a text. */
describeEachEngine(
  'numbers in documents',
  (engine) => {
    let database: MysqlDatabase;
    let session: MysqlSession;

    beforeAll(async () => {
      ({ database } = await openFresh(engine));
      session = await database.session();
    });

    afterAll(() => session.close());

    it('that are taken as they are come out of a restore as they were', async () => {
      const seen = { exact: 0, inexact: 0 };
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.oneof(anyDecimal, smallDecimal, double), { minLength: 50, maxLength: 50 }),
          async (numbers) => {
            // Literals without an exponent are decimal numbers here, and with one doubles.
            const made = numbers.map((number) => `SELECT JSON_ARRAY(${number}) AS d`).join(' UNION ALL ');
            const rows = await session.query(
              raw(`SELECT CAST(d AS CHAR) AS plain, CAST(CAST(CAST(d AS CHAR) AS JSON) AS CHAR) AS restored
              FROM (${made}) AS made`),
            );
            for (const { plain, restored } of rows) {
              const number = (plain ?? '').slice(1, -1);
              const exact = number.includes('e') || isExactNumber(number);
              seen[exact ? 'exact' : 'inexact'] += 1;
              if (exact) expect(restored).toBe(plain);
            }
          },
        ),
        { numRuns: 40 },
      );
      expect(seen.exact).toBeGreaterThan(100);
      expect(seen.inexact).toBeGreaterThan(100);
    });

    it('of doubles are taken as they are', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(double, { minLength: 50, maxLength: 50 }), async (numbers) => {
          const made = numbers.map((number) => `SELECT JSON_ARRAY(${number}) AS d`).join(' UNION ALL ');
          for (const { d } of await session.query(raw(`SELECT CAST(d AS CHAR) AS d FROM (${made}) AS made`))) {
            const number = (d ?? '').slice(1, -1);
            expect(number.includes('e') || isExactNumber(number)).toBe(true);
          }
        }),
        { numRuns: 20 },
      );
    });

    it.each([0, 1, 700, 2999])('are converted by the server from row %d on, and no row is lost', async (first) => {
      await session.execute('DROP TABLE IF EXISTS d');
      await session.execute('CREATE TABLE d (id int PRIMARY KEY, doc json NOT NULL, pad text)');
      const rows = Array.from(
        { length: 3000 },
        (_, id) => `(${id}, JSON_OBJECT('n', ${id % 2 ? '0.25' : '1e0'}), REPEAT('x', 1000))`,
      );
      await session.execute(`INSERT INTO d VALUES ${rows.join(', ')}`);
      await session.execute(`UPDATE d SET doc = JSON_OBJECT('n', 1.10, '\\"', JSON_ARRAY(2.00)) WHERE id >= ${first}`);
      const snapshot = await database.snapshot();
      try {
        const table = tableOf(snapshot.shape, 'd');
        // The second time it is known of the table.
        for (let round = 0; round < 2; round += 1) {
          const lines = (await collect(snapshot.read(table))).toString().split('\n').slice(0, -1);
          expect(lines).toHaveLength(3000);
          for (const [id, line] of lines.entries()) {
            // The server sorts keys by their length, then by their bytes.
            const expected = id >= first ? String.raw`{"\\"": [2.0], "n": 1.1}` : `{"n": ${id % 2 ? '0.25' : '1.0'}}`;
            expect(line.startsWith(`('${expected}',${id},'xx`)).toBe(true);
          }
        }
      } finally {
        // While it is open, the table cannot be dropped.
        await snapshot.close();
      }
    });
  },
  (engine) => engine.family === 'mysql',
);
