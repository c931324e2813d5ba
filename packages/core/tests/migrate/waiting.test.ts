import type { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { migrate, openDatabase } from '@lockstep/core';
import type { Progress } from '@lockstep/core';
import { setTimeout as sleep } from 'node:timers/promises';
import { atEnd } from '../../../../tests/fixtures/cleanup.ts';
import { describeEachEngine, everyServer } from '../../../../tests/fixtures/engines.ts';
import { freshDatabase } from '../../../../tests/fixtures/fresh-database.ts';
import { testProduct } from '../../../../tests/fixtures/product.ts';
import { until } from '../../../../tests/fixtures/until.ts';

/** Every batch waits until the test lets it go on. */
const slow = `import { once } from 'node:events';
import { defineDataMigration } from '@lockstep/core/migration';
export default defineDataMigration({
  async batch(_, cursor: string | null) {
    const number = Number(cursor ?? 0);
    await once(process, 'next batch');
    return number < 5 ? String(number + 1) : null;
  },
});
`;

// The process is what a migration and its test have in common.
const bus: EventEmitter = process;

describeEachEngine(
  'whoever waits for another that migrates',
  (engine) => {
    it('waits as long as it gets on, and gives up when it does not', async () => {
      const { url } = await freshDatabase(engine);
      const database = await openDatabase(url);
      atEnd(() => database.close());
      const product = await (await testProduct({ 'V1.0.0.1__slow.ts': slow })).load('1.0.0');
      const goOn = (): boolean => bus.emit('next batch');
      const first = migrate(database, product);
      await until(() => bus.listenerCount('next batch') > 0);

      await expect(migrate(database, product, { waitSeconds: 1 })).rejects.toMatchObject({
        code: 'LOCK_TIMEOUT',
        message: expect.stringContaining(`process ${process.pid}`),
      });

      const waits: string[] = [];
      const onProgress = (progress: Progress): void => {
        if (progress.kind === 'waiting') waits.push(progress.holder);
      };
      // The batches take longer than that together, but none of them does.
      const second = migrate(database, product, { waitSeconds: 3, onProgress });
      second.catch(() => undefined);
      for (let batch = 0; batch <= 5; batch += 1) {
        await sleep(700);
        await until(() => bus.listenerCount('next batch') > 0);
        goOn();
      }
      expect(await first).toMatchObject({ applied: [{ version: '1.0.0.1' }] });
      expect(await second).toMatchObject({ applied: [] });
      // MariaDB does not keep the names of connections; what the holder has written down says it.
      expect(waits[0]).toContain(`process ${process.pid}`);
    });
  },
  everyServer,
);
