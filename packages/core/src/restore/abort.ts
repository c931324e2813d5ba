import type { Database } from '../database/database.ts';
import { withLock } from '../database/lock.ts';
import { quotePath } from '../database/quote-path.ts';
import { LockstepError } from '../errors.ts';
import { actor } from '../migrate/actor.ts';
import { lockName, migrateLocked } from '../migrate/migrate.ts';
import type { RunOptions } from '../progress.ts';
import { phase } from '../progress.ts';
import type { Product } from '../release/product.ts';
import { readCode } from '../release/releases.ts';
import { ownTableNames } from '../state/names.ts';
import { changeState, readState } from '../state/state.ts';
import type { Home } from '../state/tables.ts';
import { homeOf } from '../state/tables.ts';
import { clearRecords } from './enter.ts';

/**
 * Undoes an interrupted restore: the database is as clean as it was before, empty or fresh from its migrations.
 * Throws RESTORE_NOT_RUNNING when the phase is another.
 */
export async function abortRestore(
  database: Database,
  product: Product,
  options: RunOptions & { readonly waitSeconds?: number | undefined } = {},
): Promise<{ readonly left: 'empty' | 'seed' }> {
  const code = await readCode(product, database);
  const holder = `lockstep restore --abort, ${actor()}`;
  return withLock(database, lockName(database, product), { ...options, holder }, async (lock) => {
    const session = await database.session({ purpose: 'restore --abort', schemas: product.schemas });
    try {
      const home = homeOf(session, database.dialect, product.schemas);
      const state = await readState(home);
      const aborted = state?.phase === 'migrating' ? state.detail['aborted'] : undefined;
      if (!state || (state.phase !== 'restoring' && aborted === undefined)) {
        throw new LockstepError('RESTORE_NOT_RUNNING', { phase: state?.phase ?? 'none' });
      }
      const [release = ''] = (aborted ?? state.detail['release'] ?? '').split('+');
      if (aborted === undefined) {
        await phase(options, 'abort:wipe');
        await session.wipe(product.schemas);
        if (state.detail['from'] !== 'seed') {
          await dropOwnTables(home);
          return { left: 'empty' };
        }
        await beginAgain(home, release);
      }
      await phase(options, 'abort:rebuild');
      await migrateLocked(database, code, lock, { ...options, to: release, detail: { aborted: release } });
      return { left: 'seed' };
    } finally {
      await session.close();
    }
  });
}

/** The empty database is one whose migration has begun. An abort that is killed from here on is found by `aborted`. */
async function beginAgain(home: Home, release: string): Promise<void> {
  await home.session.transaction(async () => {
    await clearRecords(home);
    await changeState(home, {
      phase: 'migrating',
      detail: { from: 'empty', aborted: release },
      release: null,
      seed: [],
    });
  });
}

/** By one statement, which does it for all of them or for none; the state goes last where that is not so. */
async function dropOwnTables(home: Home): Promise<void> {
  const names = [...ownTableNames.filter((name) => name !== 'lockstep_state'), 'lockstep_state'];
  const tables = names.map((name) => quotePath(home.dialect, home.schema, name));
  await home.session.execute(`DROP TABLE IF EXISTS ${tables.join(', ')}`);
}
