import type { Database } from '../database/database.ts';
import { LockstepError } from '../errors.ts';
import { checkAdoption, phaseRefused } from '../migrate/adopt.ts';
import { pendingMigrations } from '../migrate/pending.ts';
import type { DatabaseRelease } from '../release/database-release.ts';
import { databaseRelease } from '../release/database-release.ts';
import type { Migration } from '../release/migration-file.ts';
import type { Product } from '../release/product.ts';
import type { Code } from '../release/releases.ts';
import { findRelease, readCode } from '../release/releases.ts';
import { compareReleases } from '../release/version.ts';
import type { AppliedMigration } from '../state/history.ts';
import { readHistory } from '../state/history.ts';
import type { State } from '../state/state.ts';
import type { Home } from '../state/tables.ts';
import { withHome } from '../state/tables.ts';

/** What `migrate` would set out with. */
export interface Prepared {
  readonly home: Home;
  readonly code: Code;
  /** Undefined where Lockstep has not been. */
  readonly state: State | undefined;
  readonly applied: readonly AppliedMigration[];
  readonly release: DatabaseRelease;
  readonly to: string;
  readonly pending: readonly Migration[];
}

/** Looks at a database as `migrate` does, and refuses what it refuses, without a change to anything. */
export async function prepare<T>(
  database: Database,
  product: Product,
  to: string | undefined,
  work: (prepared: Prepared) => Promise<T>,
): Promise<T> {
  const code = await readCode(product, database);
  const target = findRelease(code, to ?? product.version).version;
  return withHome(database, 'plan', product.schemas, async (home) => {
    const state = await checkAdoption(home, code);
    if (state?.phase === 'migrating' && state.detail['upgrade'] !== undefined) throw phaseRefused(state);
    const applied = await readHistory(home, code.migrations);
    const release = databaseRelease(code, applied);
    if (compareReleases(release.base, target) > 0) {
      throw new LockstepError('RELEASE_NOT_AHEAD', { found: release.name, needed: target });
    }
    const pending = pendingMigrations(code, applied, target);
    return work({ home, code, state, applied, release, to: target, pending });
  });
}
