import type { Database } from '../database/database.ts';
import { withLock } from '../database/lock.ts';
import { LockstepError } from '../errors.ts';
import type { RunOptions } from '../progress.ts';
import type { Product } from '../release/product.ts';
import { migrationsUpTo, readCode } from '../release/releases.ts';
import { differenceInWords, diffShapes } from '../shape/diff.ts';
import { fingerprint } from '../shape/fingerprint.ts';
import { recordApplied } from '../state/history.ts';
import { changeState, insertState, readState } from '../state/state.ts';
import { createOwnTables, homeOf } from '../state/tables.ts';
import { actor } from './actor.ts';
import { shapeOf } from './build.ts';
import { lockName } from './migrate.ts';

export interface BaselineResult {
  readonly release: string;
  readonly fingerprint: string;
  /** Migrations that now count as applied. */
  readonly adopted: readonly string[];
}

/**
 * Adopts a database that was made without Lockstep: its shape must be exactly that of the release, which is built in
 * a scratch database and compared. The release's migrations are then recorded as applied.
 * Throws BASELINE_REFUSED, RELEASE_UNKNOWN.
 */
export async function baseline(
  database: Database,
  product: Product,
  release: string,
  options: RunOptions & { readonly waitSeconds?: number | undefined } = {},
): Promise<BaselineResult> {
  const code = await readCode(product, database);
  const migrations = migrationsUpTo(code, release);
  const holder = `lockstep baseline, ${actor()}`;
  return withLock(database, lockName(database, product), { ...options, holder }, async () => {
    const session = await database.session({ purpose: 'baseline', schemas: product.schemas });
    try {
      const home = homeOf(session, database.dialect, product.schemas);
      const state = await readState(home);
      if (state)
        throw new LockstepError('BASELINE_REFUSED', {
          release,
          reason: `it is at ${state.release ?? 'no release'} already`,
        });
      const live = await session.describe(product.schemas);
      const expected = await shapeOf(database, code, migrations);
      const differences = diffShapes(expected, live);
      if (fingerprint(expected) !== fingerprint(live)) {
        const reason = `its shape differs: ${differences.slice(0, 5).map(differenceInWords).join('; ')}`;
        throw new LockstepError('BASELINE_REFUSED', { release, reason });
      }
      await createOwnTables(home);
      await session.transaction(async () => {
        await insertState(home, product.name, 'migrating', { from: 'baseline' });
        for (const migration of migrations) await recordApplied(home, migration, 0);
        await changeState(home, { phase: 'ready', release });
      });
      return { release, fingerprint: fingerprint(live), adopted: migrations.map(({ key }) => key) };
    } finally {
      await session.close();
    }
  });
}
