import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MysqlSession } from '#core/database/mysql/session.js';
import type { MysqlDatabase } from '#core/database/mysql/mysql-database.js';
import { join, raw, sql } from '#core/database/sql.js';
import {
  collect,
  describeEachServer,
  digests,
  loadsAndInserts,
  loadZoo,
  makeShape,
  openFresh,
  openLoader,
  tableOf,
} from './servers.ts';
import { valueTypes } from './value-types.ts';

describeEachServer('values', (engine) => {
  const columns = valueTypes(engine.family);
  let database: MysqlDatabase;
  let session: MysqlSession;
  let url: string;

  beforeAll(async () => {
    ({ database, url } = await openFresh(engine));
    session = await database.session();
    const list = columns
      .map(([type], index) => `c${index} ${type.includes('NULL') ? type : `${type} NULL`}`)
      .join(', ');
    await session.execute(`SET sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO'`);
    await session.execute(`CREATE TABLE source (id int PRIMARY KEY, ${list}) ROW_FORMAT=DYNAMIC`);
    const row = fc.tuple(...columns.map(([, values]) => fc.option(values, { nil: null, freq: 8 })));
    const sample = fc.sample(row, { numRuns: 300, seed: 20261122 });
    for (const [id, values] of sample.entries()) {
      await session.run(sql`INSERT INTO source VALUES (${join([id, ...values])})`);
    }
  });

  afterAll(() => session.close());

  it.each(['files', 'inserts'] as const)('of every type survive a read and a load by %s, bit by bit', async (way) => {
    await session.execute('DROP TABLE IF EXISTS copy');
    await session.execute('CREATE TABLE copy LIKE source');
    const loader = await openLoader(engine, url, way);
    const snapshot = await database.snapshot();
    const rows = await collect(snapshot.read(tableOf(snapshot.shape, 'source')));
    expect(rows.toString().split('\n').length - 1).toBe(300);
    expect(await loader.load(tableOf(snapshot.shape, 'copy'), rows)).toBe(300);
    const [loads, inserts] = await loadsAndInserts(loader.wire);
    expect([loads, inserts === 0]).toEqual(way === 'files' ? [1, true] : [0, false]);
    await snapshot.close();

    // The bytes of a double show the sign of a zero and the last bit; a product shows neither in MariaDB, which has no -0.
    const same = columns.map(([type], index) => {
      const bare = (alias: string): string =>
        /^(float|double)/.test(type) ? `CAST(${alias}.c${index} * 1e0 AS CHAR)` : `HEX(${alias}.c${index})`;
      return `SUM(NOT (${bare('a')} <=> ${bare('b')})) AS \`${type}\``;
    });
    const [differences] = await session.query(raw(`SELECT ${same.join(', ')} FROM source a JOIN copy b USING (id)`));
    expect(Object.entries(differences ?? {}).filter(([, count]) => count !== '0')).toEqual([]);
    const second = await database.snapshot();
    const found = await digests(second);
    expect(found['copy']).toBe(found['source']);
    await second.close();
  });

  it.each(['files', 'inserts'] as const)('of the zoo do too by %s, and their counters', async (way) => {
    const zoo = await openFresh(engine);
    await (await loadZoo(zoo.database)).close();
    const snapshot = await zoo.database.snapshot();
    const copy = await openFresh(engine);
    const target = await copy.database.session();
    const loader = await openLoader(engine, copy.url, way);
    await makeShape(target, snapshot.shape, async () => {
      for (const table of snapshot.shape.tables) {
        for await (const rows of snapshot.read(table)) {
          const again = database.dialect.rows.unwrap(table, database.dialect.rows.wrap(table, rows));
          await loader.load(table, again);
        }
      }
    });
    const counters = await snapshot.counters();
    expect(counters.map(({ name, value }) => `${name.name} ${value}`)).toContain('documents 9007199254740997');
    for (const counter of counters) await target.execute(database.dialect.counter(counter));
    const loaded = await copy.database.snapshot();
    expect(await digests(loaded)).toEqual(await digests(snapshot));
    expect(await loaded.counters()).toEqual(counters);
    await Promise.all([snapshot.close(), loaded.close(), target.close()]);
  });
});
