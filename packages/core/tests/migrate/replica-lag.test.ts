import { expect, it } from 'vitest';
import { migrate, sql } from '@lockstep/core';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { freshDatabase } from '../../../../tests/fixtures/fresh-database.ts';
import { testProduct } from '../../../../tests/fixtures/product.ts';
import { mark } from '../../../../tests/fixtures/mark.ts';
import { opener } from '../../../../tests/fixtures/shop.ts';
import { until } from '../../../../tests/fixtures/until.ts';
import { startReplicatedServer } from '../database/postgres/replica.ts';

const table = 'CREATE TABLE shop (id int PRIMARY KEY, name varchar(100) NOT NULL);';

describeEachEngine(
  'a data migration with a replica',
  (engine) => {
    it('waits while it is too far behind, and goes on afterwards', { timeout: 60_000 }, async () => {
      const { primary, startReplica } = await startReplicatedServer(engine);
      const source = await testProduct({ 'V1.0.0.1__shop.sql': table });
      await migrate(primary, await source.load('1.0.0'));
      const replica = await startReplica();
      const [writer, reader] = [await primary.session(), await replica.session()];
      await writer.execute(`INSERT INTO public.shop SELECT n, 'shop ' || n FROM generate_series(1, 100) n`);
      // What has been applied once is what the server measures the lag from.
      await until(async () => (await reader.query(sql`SELECT FROM public.shop`)).length === 100);
      await reader.execute('SELECT pg_wal_replay_pause()');
      await writer.execute('CREATE TABLE public.later AS SELECT generate_series(1, 1000)');
      await until(async () => ((await writer.replicaLag())[0]?.seconds ?? 0) > 1);

      await source.write('V1.0.0.2__mark.ts', mark);
      const product = await source.load('1.0.0');
      const waits: string[] = [];
      const done = migrate(
        primary,
        { ...product, dataMigrations: { ...product.dataMigrations, lagSeconds: 1 } },
        {
          onProgress: (progress) => {
            if (progress.kind === 'waiting') waits.push(progress.holder);
          },
        },
      );
      await until(() => waits.length > 1);
      const marked = async (): Promise<number> =>
        (await writer.query(sql`SELECT FROM public.shop WHERE name LIKE ${'%!'}`)).length;
      expect(await marked()).toBe(0);
      expect(waits[0]).toMatch(/^the replica walreceiver.*, which is \d+ s behind$/);
      await reader.execute('SELECT pg_wal_replay_resume()');
      expect(await done).toMatchObject({ applied: [{ version: '1.0.0.2' }] });
      expect(await marked()).toBe(100);
      for (const session of [writer, reader]) await session.close();
    });
  },
  (engine) => engine.family === 'postgres' && engine.url !== undefined,
);

describeEachEngine(
  'a replica to be asked',
  (engine) => {
    const open = opener(engine);
    it('is refused by name if it is none', async () => {
      const database = await open();
      const { url } = await freshDatabase(engine);
      const source = await testProduct({ 'V1.0.0.1__shop.sql': table, 'V1.0.0.2__mark.ts': mark });
      const product = await source.load('1.0.0');
      const dataMigrations = { ...product.dataMigrations, replicas: [url] };
      await expect(migrate(database, { ...product, dataMigrations })).rejects.toMatchObject({
        code: 'REPLICA_UNFIT',
        details: { reason: 'it is no replica' },
      });
      expect(await migrate(database, product)).toMatchObject({ applied: [{ version: '1.0.0.2' }] });
    });
  },
  (engine) => engine.url !== undefined && engine.name !== 'mariadb11',
);
