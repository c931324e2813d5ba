import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  abortRestore,
  backup,
  loadProduct,
  openStorage,
  phaseNames,
  prepareServer,
  restore,
  upgrade,
} from '@lockstep/core';
import type { Product } from '@lockstep/core';
import { catalogProduct } from '@lockstep/catalog';
import { copyDatabase } from '../fixtures/copy-database.ts';
import { describeEachEngine } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import type { FreshDatabase } from '../fixtures/fresh-database.ts';
import { fieldsOf, succeed } from '../fixtures/lockstep.ts';
import { withBackup } from '../fixtures/shop.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { Histogram } from './histogram.ts';
import { killAt } from './kill.ts';
import type { Kill } from './kill.ts';
import { everywhere, killsMuch, later, onward, onwardIn, somewhere, crashEngine } from './places.ts';
import { killAndGoOn, undisturbed } from './scenario.ts';
import type { Scenario, Undisturbed } from './scenario.ts';

const histogram = new Histogram();

afterAll(() => {
  process.stdout.write(`\n${histogram.toString()}\n`);
});

describeEachEngine(
  'after kill -9, the next run ends like an undisturbed one:',
  (engine) => {
    let catalog: Product;
    /** Release 1.0.0 with data, and the same freshly migrated. */
    let old: FreshDatabase;
    let fresh: FreshDatabase;
    /** A backup of `old`. */
    let file: string;

    beforeAll(async () => {
      catalog = await loadProduct(catalogProduct);
      fresh = await freshDatabase(engine);
      await succeed(fresh.url, ['migrate', '--to', '1.0.0']);
      old = await copyDatabase(fresh);
      await succeed(old.url, ['sample', '--tables', '20']);
      const { backup: taken } = await succeed(old.url, ['backup', '--to', await temporaryFolder()]);
      file = String(fieldsOf(taken)['file']);
    }, 180_000);

    /** Kills in each of the series, two series at a time. */
    const kill = async (work: Undisturbed, ...series: readonly (readonly Kill[])[]): Promise<void> => {
      const left = [...series];
      const goOn = async (): Promise<void> => {
        for (let kills = left.shift(); kills; kills = left.shift()) await killAndGoOn(work, kills, histogram);
      };
      await Promise.all([goOn(), goOn()]);
    };

    it('backup', { timeout: 300_000 }, async () => {
      const work = await undisturbed({
        start: old,
        product: catalog,
        args: (folder) => ['backup', '--to', folder],
        run: (database, folder, options) => backup(database, catalog, openStorage(folder), options),
      });
      await kill(work, everywhere(work.phases), [somewhere(work.phases)]);
    });

    const restoring = (start: FreshDatabase, asked: { readonly upgrade?: boolean } = {}): Scenario => ({
      start,
      product: catalog,
      args: () => ['restore', file, ...(asked.upgrade ? ['--upgrade'] : [])],
      run: (database, _folder, run) =>
        withBackup(file, (archive) => restore(database, catalog, archive, { ...run, ...asked })),
    });

    it('restore', { timeout: 300_000 }, async () => {
      const work = await undisturbed(restoring(await freshDatabase(engine)));
      const repeated = ['restore:load', 'restore:commit', 'restore:index'] as const;
      const others = repeated.flatMap((phase) => later(work.phases, phase).map((place) => [place]));
      await kill(work, onward(work.phases), ...others, [somewhere(work.phases)]);
    });

    if (killsMuch(engine)) {
      it('restore --upgrade into a fresh database of its release', { timeout: 300_000 }, async () => {
        const work = await undisturbed(restoring(fresh, { upgrade: true }));
        const own = [
          'restore:entered',
          'restore:compare',
          'migrate:begin',
          'migrate:applied',
          'restore:finish',
        ] as const;
        const places = onwardIn(work.phases, own);
        await kill(
          work,
          places.filter(({ phase }) => !/restore:(built|load|commit|index|settle)/.test(phase)),
        );
      });

      it('restore --abort', { timeout: 300_000 }, async () => {
        // One that was empty before, and one that was freshly migrated.
        for (const start of [await freshDatabase(engine), await copyDatabase(fresh)]) {
          await killAt({ url: start.url, args: ['restore', file] }, { phase: 'restore:load', occurrence: 2 });
          const work = await undisturbed({
            start,
            product: catalog,
            args: () => ['restore', '--abort'],
            run: (database, _folder, options) => abortRestore(database, catalog, options),
          });
          await kill(work, onward(work.phases));
        }
      });

      it('upgrade', { timeout: 300_000 }, async () => {
        const work = await undisturbed({
          start: old,
          product: catalog,
          args: (folder) => ['upgrade', '--backup-to', folder],
          run: (database, folder, options) => upgrade(database, catalog, openStorage(folder), options),
        });
        const own = [
          'upgrade:entered',
          'backup:publish',
          'upgrade:saved',
          'migrate:applied',
          'upgrade:compare',
        ] as const;
        await kill(work, onwardIn(work.phases, own), [somewhere(work.phases)]);
      });

      it('serve', { timeout: 300_000 }, async () => {
        const work = await undisturbed({
          start: old,
          product: catalog,
          args: (folder) => ['serve', '--port', '0', '--backup-to', folder],
          run: (database, folder, options) => prepareServer(database, catalog, openStorage(folder), options),
        });
        await kill(work, onwardIn(work.phases, ['upgrade:saved', 'migrate:begin', 'server:lease']));
      });
    }

    it('(every phase was killed in)', () => {
      // migrate.test.ts kills in migrations.
      const killed = killsMuch(engine) ? /^(?!migrate:)/ : /^(backup|restore):/;
      const phases = phaseNames.filter((phase) => killed.test(phase));
      expect(histogram.missing(engine.name, phases)).toEqual([]);
    });
  },
  crashEngine,
);
