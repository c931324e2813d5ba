import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadProduct, LockstepError, migrate, openDatabase, phaseNames, raw, resolve } from '@lockstep/core';
import type { Database, Product } from '@lockstep/core';
import { catalogProduct } from '@lockstep/catalog';
import { copyDatabase } from '../fixtures/copy-database.ts';
import { describeEachEngine } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import type { FreshDatabase } from '../fixtures/fresh-database.ts';
import { succeed } from '../fixtures/lockstep.ts';
import { Histogram } from './histogram.ts';
import type { Interruption, Moment } from './interrupt.ts';
import { interrupt } from './interrupt.ts';
import type { KilledMigrations } from './killed-migrations.ts';
import { killedMigrations } from './killed-migrations.ts';
import { later, onward, somewhere, thorough, crashEngine } from './places.ts';
import { killAndGoOn, undisturbed } from './scenario.ts';
import { stateOf } from './state.ts';

const histogram = new Histogram();

afterAll(() => {
  process.stdout.write(`\n${histogram.toString()}\n`);
});

// The long run has several series at work at once.
const series = thorough ? it.concurrent : it;

describeEachEngine(
  'migrations that are ended anywhere',
  (engine) => {
    let killed: KilledMigrations;
    let start: FreshDatabase;
    let moments: Moment[];
    let calm: unknown;
    let unresolved = 0;

    beforeAll(async () => {
      killed = await killedMigrations(engine.family);
      start = await freshDatabase(engine);
      await migrateTo(start, killed.first);
      const copy = await copyDatabase(start);
      moments = [];
      const database = await openDatabase(copy.url);
      await migrate(database, killed.product, {
        onProgress: (progress) => {
          if (progress.kind === 'phase') moments.push({ phase: progress.name, at: progress.at, inside: false });
        },
      });
      calm = await stateOf(database, killed.product);
      await database.close();
      await copy.drop();
    }, 180_000);

    /** Ends a run at each of the moments, one after the other, and lets the last one come to its end. */
    const endAndGoOn = async (interruptions: readonly Interruption[]): Promise<void> => {
      const place = await copyDatabase(start);
      const { folder, product } = killed;
      for (const one of interruptions) {
        try {
          const code = await interrupt(place, folder, one);
          if (code === 5) {
            await settle(place, product);
            unresolved += 1;
            expect(await interrupt(place, folder, one)).toBeUndefined();
          } else expect(code).toBeUndefined();
        } catch (error) {
          throw new Error(`${inWords(one)}: ${String(error)}`, { cause: error });
        }
        histogram.add(engine.name, one.moment.phase, mannerOf(one));
      }
      const database = await openDatabase(place.url);
      try {
        const end = migrate(database, product);
        await end.catch(async (error: unknown) => {
          if (!(error instanceof LockstepError) || error.code !== 'MIGRATION_UNRESOLVED') throw error;
          await resolveBy(database, product);
          unresolved += 1;
          await migrate(database, product);
        });
        expect([interruptions.map(inWords), await stateOf(database, product)]).toEqual([
          interruptions.map(inWords),
          calm,
        ]);
      } finally {
        await database.close();
        await place.drop();
      }
    };

    /** In the short run a few of them, of every phase one; others in every run. */
    const some = (list: readonly Moment[], count: number): Moment[] => {
      if (thorough) return [...list];
      const firsts = list.filter(({ phase }, index) => list.findIndex((other) => other.phase === phase) === index);
      const rest = list.filter((moment) => !firsts.includes(moment));
      const lot = new Set(
        rest
          .map((moment) => ({ moment, lot: Math.random() }))
          .toSorted((one, other) => one.lot - other.lot)
          .slice(0, count)
          .map(({ moment }) => moment),
      );
      return list.filter((moment) => firsts.includes(moment) || lot.has(moment));
    };
    const insides = (): Moment[] =>
      moments
        .filter(({ phase }) => ['migrate:statement', 'migrate:intent', 'migrate:batch'].includes(phase))
        .map((moment) => ({ ...moment, inside: true }));
    const kept = (): Moment[] => insides().filter(({ at = '' }) => killed.blockers.has(at));
    const endings = (list: readonly Moment[], by: Interruption['by']): Interruption[] =>
      list.map((moment) => ({ moment, by, blocker: killed.blockers.get(moment.at ?? '') }));

    series('by SIGKILL, before and after every statement', { timeout: 600_000 }, async () => {
      await endAndGoOn(endings(some(moments, 2), 'kill'));
    });

    series('by SIGKILL, in every statement', { timeout: 600_000 }, async () => {
      // Nothing keeps an embedded database waiting: a run may have gone far before it ends, so each has its own.
      if (engine.url === undefined) for (const one of endings(some(insides(), 1), 'kill')) await endAndGoOn([one]);
      else await endAndGoOn(endings(some(kept(), 3), 'kill'));
    });

    if (engine.url !== undefined) {
      series('by the server, before and after every statement', { timeout: 600_000 }, async () => {
        await endAndGoOn(endings(some(moments, 0), 'cut'));
      });

      series('by the server, in every statement', { timeout: 600_000 }, async () => {
        await endAndGoOn(endings(some(kept(), 3), 'cut'));
      });
    }

    // The short run kills in them in crash.test.ts, where they are a part of an upgrade.
    if (thorough) {
      series('of the catalog', { timeout: 600_000 }, async () => {
        const catalog = await loadProduct(catalogProduct);
        const old = await freshDatabase(engine);
        await succeed(old.url, ['migrate', '--to', '1.0.0']);
        await succeed(old.url, ['sample', '--tables', '20']);
        const work = await undisturbed({
          start: old,
          product: catalog,
          args: () => ['migrate'],
          run: (database, _folder, options) => migrate(database, catalog, options),
        });
        const repeated = ['migrate:statement', 'migrate:intent', 'migrate:batch'] as const;
        const others = repeated.flatMap((phase) => later(work.phases, phase).map((place) => [place]));
        for (const kills of [onward(work.phases), ...others, [somewhere(work.phases)]]) {
          await killAndGoOn(work, kills, histogram);
        }
      });
    }

    it('(in every phase; what can not be proven was asked for)', () => {
      const phases = phaseNames.filter((phase) => phase.startsWith('migrate:'));
      expect(histogram.missing(engine.name, phases)).toEqual([]);
      if (thorough) expect(unresolved).toBeGreaterThan(engine.url === undefined ? 1 : 3);
    });
  },
  crashEngine,
);

async function migrateTo({ url }: FreshDatabase, product: Product): Promise<void> {
  const database = await openDatabase(url);
  await migrate(database, product);
  await database.close();
}

async function settle({ url }: FreshDatabase, product: Product): Promise<void> {
  const database = await openDatabase(url);
  await resolveBy(database, product);
  await database.close();
}

/** What an operator does: looks whether the row is there that the statement writes, and says so. */
async function resolveBy(database: Database, product: Product): Promise<void> {
  const facts = await resolve(database, product, '2.0.0.4', undefined);
  expect(facts).toMatchObject({ statement: 2, effect: 'unprovable', verdict: 'unknown', atWork: null });
  const session = await database.session({ schemas: product.schemas });
  const rows = await session.query(raw('SELECT id FROM called'));
  await session.close();
  await resolve(database, product, '2.0.0.4', rows.length > 0 ? 'applied' : 'retry');
}

function mannerOf({ moment, by }: Interruption): 'killed' | 'killed inside' | 'cut' | 'cut inside' {
  if (by === 'kill') return moment.inside ? 'killed inside' : 'killed';
  return moment.inside ? 'cut inside' : 'cut';
}

function inWords({ moment, by }: Interruption): string {
  return `${by} ${moment.inside ? 'in' : 'at'} ${moment.phase}${moment.at === undefined ? '' : ` ${moment.at}`}`;
}
