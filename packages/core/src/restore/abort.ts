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
import { readState } from '../state/state.ts';
import type { Home } from '../state/tables.ts';
import { homeOf } from '../state/tables.ts';

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
      if (state?.phase !== 'restoring')
        throw new LockstepError('RESTORE_NOT_RUNNING', { phase: state?.phase ?? 'none' });
      await phase(options, 'abort:wipe');
      await session.wipe(product.schemas);
      await dropOwnTables(home);
      if (state.detail['from'] !== 'seed') return { left: 'empty' };
      const [release = ''] = (state.detail['release'] ?? '').split('+');
      await phase(options, 'abort:rebuild');
      await migrateLocked(database, code, lock, { ...options, to: release });
      return { left: 'seed' };
    } finally {
      await session.close();
    }
  });
}

/** The state goes last: until then a killed abort is found, and can be run again. */
async function dropOwnTables(home: Home): Promise<void> {
  const names = ownTableNames.filter((name) => name !== 'lockstep_state');
  for (const name of [...names, 'lockstep_state']) {
    const table = quotePath(home.dialect, home.schema, name);
    await home.session.execute(`DROP TABLE IF EXISTS ${table}`);
  }
}
