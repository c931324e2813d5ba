import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { info, loadProduct, migrate, openDatabase, sql } from '@lockstep/core';
import type { Progress } from '@lockstep/core';
import { describeEachEngine, everyServer } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import { testProduct } from '../fixtures/product.ts';
import { thorough } from './places.ts';

const stride = thorough ? 1 : 10;

const table = 'CREATE TABLE log (id int PRIMARY KEY, what varchar(200));';
/** Writes a line into the log. */
const write = (what: string): string =>
  `INSERT INTO log SELECT COUNT(*) + 1, '${what}' FROM (SELECT id FROM log) AS before_it;`;

describeEachEngine(
  'callbacks',
  (engine) => {
    it('and the time of placeholders survive a run that is cut off anywhere', async () => {
      const time = '${flyway:timestamp}';
      const source = await testProduct({
        'V1__log.sql': table,
        'V2__four.sql': `${write(`one ${time}`)}\nCREATE TABLE a (id int);\n${write(`two ${time}`)}\nCREATE TABLE b (id int);`,
        'V2__four.sql.conf': 'executeInTransaction=false',
        'beforeMigrate.sql': 'CREATE TABLE IF NOT EXISTS audit (what varchar(20));',
        'beforeEachMigrate.sql': "INSERT INTO audit VALUES ('before');",
        'afterEachMigrate.sql': "INSERT INTO audit VALUES ('after');",
        'afterMigrate.sql': "INSERT INTO audit VALUES ('end');",
      });
      const product = await loadProduct({
        name: 'shop',
        version: '1.0.0',
        migrations: source.folder,
        schemas: ['public'],
        placeholders: {},
      });
      let point = 0;
      for (let cut = true; cut; point += stride) {
        const database = await openDatabase((await freshDatabase(engine)).url);
        let left = point;
        const onProgress = (progress: Progress): void => {
          if (progress.kind !== 'phase' && !(progress.kind === 'note' && progress.text.startsWith('Running'))) return;
          if (left-- === 0) throw Object.assign(new Error('cut off'), { name: 'AbortError' });
        };
        cut = await migrate(database, product, { onProgress }).then(
          () => false,
          () => true,
        );
        // A time that was not kept would be another one now.
        if (cut) await sleep(1100);
        await migrate(database, product);
        const found = await info(database, product);
        expect(found).toMatchObject({ phase: 'ready', pending: [], progress: [] });
        const session = await database.session({ schemas: ['public'] });
        const lines = await session.query(sql`SELECT what FROM log ORDER BY id`);
        expect(lines.map(({ what }) => what?.slice(0, 3))).toEqual(['one', 'two']);
        expect(new Set(lines.map(({ what }) => what?.slice(4))).size).toBe(1);
        const [counted] = await session.query(sql`SELECT COUNT(*) AS n FROM audit WHERE what = 'after'`);
        expect(Number(counted?.['n'])).toBeGreaterThanOrEqual(2);
        await session.close();
        await database.close();
      }
      expect(point).toBeGreaterThan(20);
    });
  },
  everyServer,
);
