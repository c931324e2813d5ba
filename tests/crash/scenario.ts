import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { dialectOf, homeOf, openDatabase, openStorage, prepareServer, readState, verifyArchive } from '@lockstep/core';
import type { Database, PhaseName, Product, RunOptions } from '@lockstep/core';
import { copyDatabase } from '../fixtures/copy-database.ts';
import type { FreshDatabase } from '../fixtures/fresh-database.ts';
import { withBackup } from '../fixtures/shop.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import type { Histogram } from './histogram.ts';
import { inWords, killAt } from './kill.ts';
import type { Kill } from './kill.ts';
import { stateOf } from './state.ts';

/** A verb at work on a database, to be killed. */
export interface Scenario {
  /** What it begins with; every test has a copy. */
  readonly start: FreshDatabase;
  readonly product: Product;
  /** The verb on the command line. `folder` is for backups. */
  readonly args: (folder: string) => readonly string[];
  /** The folder of the product's configuration. */
  readonly cwd?: string;
  /** The same verb by the library: the undisturbed run, and the one after the kills. */
  readonly run: (database: Database, folder: string, options: RunOptions) => Promise<unknown>;
}

/** A scenario with what happens when nothing disturbs it. */
export interface Undisturbed extends Scenario {
  readonly before: unknown;
  readonly after: unknown;
  /** The phases in the order in which they are reached, each as often as it is. */
  readonly phases: readonly PhaseName[];
}

export async function undisturbed(scenario: Scenario): Promise<Undisturbed> {
  const place = await copyDatabase(scenario.start);
  const database = await openDatabase(place.url);
  const phases: PhaseName[] = [];
  try {
    const before = await stateOf(database, scenario.product);
    await scenario.run(database, await temporaryFolder(), {
      onProgress: (progress) => {
        if (progress.kind === 'phase') phases.push(progress.name);
      },
    });
    return { ...scenario, before, after: await stateOf(database, scenario.product), phases };
  } finally {
    await database.close();
    await place.drop();
  }
}

/**
 * Kills a run at each of the places, one after the other: each run begins with what the one before has left. Then lets
 * one run to its end, which must be that of an undisturbed run.
 */
export async function killAndGoOn(work: Undisturbed, kills: readonly Kill[], histogram: Histogram): Promise<void> {
  const { start, product, args, cwd, run } = work;
  const place = await copyDatabase(start);
  const folder = await temporaryFolder();
  try {
    for (const kill of kills) {
      await killAt({ url: place.url, args: args(folder), cwd }, kill);
      histogram.add(start.engine.name, kill.phase);
      await verifyAll(folder);
    }
    const database = await openDatabase(place.url);
    try {
      const isAtEnd = await mustBeClosedOrWhole(database, folder, work);
      // After a random moment the run may have come to its end: a second restore would be refused.
      if (!isAtEnd || kills.at(-1)?.after === undefined) await run(database, folder, {});
      expect(await stateOf(database, product)).toEqual(work.after);
    } finally {
      await database.close();
    }
    await verifyAll(folder);
  } catch (error) {
    throw new Error(`After a kill at ${kills.map(inWords).join(', ')}: ${String(error)}`, { cause: error });
  } finally {
    await place.drop();
  }
}

/** Every file that has a backup's name is a whole backup. */
async function verifyAll(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql.zst'));
  for (const name of names) {
    await withBackup(join(folder, name), (archive) =>
      verifyArchive(archive, dialectOf(archive.manifest.engine.family)),
    );
  }
}

/** A server refuses the database, or waits for it, unless it is as before the run or (then it is true) as after it. */
async function mustBeClosedOrWhole(database: Database, folder: string, work: Undisturbed): Promise<boolean> {
  const { product, before, after } = work;
  const session = await database.session({ schemas: product.schemas });
  const state = await readState(homeOf(session, database.dialect, product.schemas));
  await session.close();
  if (state?.phase === 'migrating') return false;
  if (state?.phase === 'restoring') {
    const start = prepareServer(database, product, openStorage(folder)).catch((error: unknown) => error);
    expect(await start).toMatchObject({ code: 'PHASE_REFUSED' });
    return false;
  }
  const found = await stateOf(database, product);
  expect([before, after]).toContainEqual(found);
  return isDeepStrictEqual(found, after);
}
