import { expect, it } from 'vitest';
import { runSql } from '../fixtures/client.ts';
import { describeEachEngine } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import { countedProduct, countedVersions, starters } from '../fixtures/starters.ts';
import { thorough, crashEngine } from './places.ts';
import { stopAndReplace } from './stop-and-replace.ts';

describeEachEngine(
  'eight processes that migrate at the same moment',
  (engine) => {
    it('take turns: each migration runs once, the others wait, all succeed', { timeout: 300_000 }, async () => {
      const rounds = thorough && engine.url !== undefined ? 10 : 1;
      const everyone = await starters(8);
      const product = await countedProduct();
      for (let round = 1; round <= rounds; round += 1) {
        const database = await freshDatabase(engine);
        const starts = await Promise.all(everyone.map((one) => one.migrate({ url: database.url, ...product })));
        expect(starts.map(({ error }) => error)).toEqual(Array(8).fill(''));
        expect(starts.flatMap(({ applied }) => applied)).toEqual(countedVersions);
        const ran = await runSql(database, 'SELECT name FROM ran ORDER BY name');
        expect(ran.split('\n')).toEqual(countedVersions);
        const waits = starts.flatMap((start) => start.waits);
        expect(starts.filter((start) => start.waits.length > 0).length).toBeGreaterThan(0);
        // Whoever holds the lock is known by its process.
        expect(waits.some((holder) => everyone.some(({ pid }) => holder.includes(`process ${pid}`)))).toBe(true);
      }
    });
  },
  crashEngine,
);

// A stopped process is like a host that has vanished: nothing is closed, and nothing is heard. On Postgres it is the
// system that answers for it; there the server's settings are looked at instead.
if (thorough) {
  describeEachEngine(
    'a holder of the lock that is not heard of',
    (engine) => {
      it(
        'is replaced within about a minute, and can write nothing when it wakes up',
        { timeout: 180_000 },
        async () => {
          const database = await freshDatabase(engine);
          await stopAndReplace(database, database.url);
        },
      );
    },
    (engine) => engine.name === 'mysql9' || engine.name === 'mariadb10',
  );
}
