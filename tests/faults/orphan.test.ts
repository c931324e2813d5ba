import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { fingerprint, homeOf, migrate, openDatabase, readHistory } from '@lockstep/core';
import type { Family, Product } from '@lockstep/core';
import { spawnCli } from '../fixtures/cli.ts';
import { runSql } from '../fixtures/client.ts';
import { describeEachEngine } from '../fixtures/engines.ts';
import type { FreshDatabase } from '../fixtures/fresh-database.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import { configure, testProduct } from '../fixtures/product.ts';
import { processList } from '../fixtures/process-list.ts';
import { until } from '../fixtures/until.ts';

// A server goes on with a statement whose client was killed. The next run has to wait for its end before it looks whether
// the statement has done anything, or it would do it once more beside it.

/** A statement of some seconds that looks at nothing but its own work, so that no server ends it when the client goes. */
function scriptFor(family: Family, mark: string): string {
  const rows = 'CREATE TABLE shop (id int PRIMARY KEY, name varchar(100) NOT NULL);\n';
  const fill = `INSERT INTO shop VALUES (1, 'first'), (2, 'second');\n`;
  if (family !== 'postgres') {
    const times = family === 'mysql' ? 100_000_000 : 80_000_000;
    const slow = `SELECT id, benchmark(${times}, 1 + id) AS zero FROM shop`;
    return `${rows}${fill}CREATE TABLE counted /* ${mark} */ AS ${slow};\n`;
  }
  return `${rows}${fill}CREATE FUNCTION slow(text varchar) RETURNS varchar LANGUAGE plpgsql IMMUTABLE
    AS $$ BEGIN FOR i IN 1..30000000 LOOP END LOOP; RETURN text; END $$;
  CREATE INDEX CONCURRENTLY shop_slow ON shop (public.slow(name)) /* ${mark} */;\n`;
}

/** How many sessions of the server are at work on the statement with this mark. */
async function atWork(place: FreshDatabase, mark: string): Promise<number> {
  const list =
    place.engine.family === 'postgres'
      ? `SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%${mark}%'`
      : `SELECT count(*) FROM ${processList(place.engine)} WHERE ID <> CONNECTION_ID() AND INFO LIKE '%${mark}%'`;
  return Number(await runSql(place, list));
}

async function outcome(url: string, product: Product): Promise<unknown> {
  const database = await openDatabase(url);
  const session = await database.session({ schemas: product.schemas });
  const history = await readHistory(homeOf(session, database.dialect, product.schemas));
  const shape = fingerprint(await session.describe(product.schemas));
  await database.close();
  return { shape, history: history.map(({ version, checksum, success }) => ({ version, checksum, success })) };
}

describeEachEngine(
  'a statement that outlives its killed client',
  (engine) => {
    it('is waited for by the next run, which ends like an undisturbed one', async () => {
      const mark = `mark-${randomUUID()}`;
      const source = await testProduct({ 'V1.0.0.1__slow.sql': scriptFor(engine.family, mark) });
      await configure(source, '1.0.0');
      const product = await source.load('1.0.0');

      const calm = await freshDatabase(engine);
      const calmDatabase = await openDatabase(calm.url);
      await migrate(calmDatabase, product);
      await calmDatabase.close();

      const place = await freshDatabase(engine);
      const cli = spawnCli(['--database-url', place.url, 'migrate'], { cwd: source.folder });
      await until(
        async () => (await atWork(place, mark)) === 1,
        () => cli.output().stderr,
      );
      cli.kill();
      await cli.ended;
      const orphans = await atWork(place, mark);

      const database = await openDatabase(place.url);
      const waits: string[] = [];
      await migrate(database, product, {
        onProgress: async (progress) => {
          if (progress.kind === 'waiting') waits.push(progress.holder);
          // Whatever the next run does to the database, it does when nobody else is at it any more.
          if (progress.kind !== 'phase' || !['migrate:intent', 'migrate:applied'].includes(progress.name)) return;
          expect(await atWork(place, mark)).toBe(0);
        },
      });
      await database.close();

      expect(orphans).toBe(1);
      expect(waits[0]).toMatch(
        new RegExp(`^the statement CREATE .*${mark}.* goes on on the server for a run that was cut off`),
      );
      expect(await outcome(place.url, product)).toEqual(await outcome(calm.url, product));
    });
  },
  (engine) => engine.url !== undefined,
);
