import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { migrate, openDatabase } from '@lockstep/core';
import type { Progress } from '@lockstep/core';
import { cutConnections } from '../../../../tests/crash/interrupt.ts';
import { atEnd } from '../../../../tests/fixtures/cleanup.ts';
import { describeEachEngine, everyServer } from '../../../../tests/fixtures/engines.ts';
import { freshDatabase } from '../../../../tests/fixtures/fresh-database.ts';
import { testProduct } from '../../../../tests/fixtures/product.ts';

describeEachEngine(
  'a lock that goes with all connections between two migrations',
  (engine) => {
    afterEach(() => void vi.restoreAllMocks());

    it('is what the run ends with, however short ago it was looked at', async () => {
      const place = await freshDatabase(engine);
      const tables = ['a', 'b', 'c'].map((name, index) => [
        `V1.0.0.${index + 1}__${name}.sql`,
        `CREATE TABLE ${name} (id int PRIMARY KEY);`,
      ]);
      const product = await (await testProduct(Object.fromEntries(tables))).load('1.0.0');
      const database = await openDatabase(place.url);
      atEnd(() => database.close());
      let applied = 0;
      const onProgress = async (progress: Progress): Promise<void> => {
        if (progress.kind !== 'phase' || progress.name !== 'migrate:applied') return;
        applied += 1;
        if (applied !== 2) return;
        await cutConnections(place, 'all');
        // The news have to reach the client before it goes on.
        await sleep(20);
      };
      // The time stands still: nothing grows old.
      vi.spyOn(performance, 'now').mockReturnValue(1000);
      await expect(migrate(database, product, { onProgress })).rejects.toMatchObject({ code: 'LOCK_LOST' });
      vi.restoreAllMocks();
      expect(await migrate(database, product)).toMatchObject({ applied: [{ version: '1.0.0.3' }] });
    });
  },
  everyServer,
);
