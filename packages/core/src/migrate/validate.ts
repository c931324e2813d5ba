import type { Database } from '../database/database.ts';
import type { Product } from '../release/product.ts';
import { databaseRelease } from '../release/database-release.ts';
import { readCode } from '../release/releases.ts';
import type { ShapeDifference } from '../shape/diff.ts';
import { readHistory } from '../state/history.ts';
import { readState, refuseOtherProduct } from '../state/state.ts';
import { homeOf } from '../state/tables.ts';
import { findDrift } from './drift.ts';
import { checkApplied } from './pending.ts';

export interface Validation {
  /** Release of the database; null where there is none. */
  readonly release: string | null;
  readonly fingerprint: string;
  /** Null where it is not known what the shape should be. */
  readonly drifted: boolean | null;
  /** Why it is not known; null where it is. */
  readonly why: string | null;
  readonly differences: readonly ShapeDifference[];
}

/**
 * Compares files with seal, history with files, and the live shape with what the history should have made.
 * Throws OTHER_PRODUCT, SEAL_BROKEN, HISTORY_FAILED, CHECKSUM_MISMATCH, MIGRATION_MISSING; drift is a result, not an error.
 */
export async function validate(database: Database, product: Product): Promise<Validation> {
  const code = await readCode(product, database);
  const session = await database.session({ purpose: 'validate', schemas: product.schemas });
  try {
    const home = homeOf(session, database.dialect, product.schemas);
    const state = await readState(home);
    if (state) refuseOtherProduct(state, product.name);
    const applied = await readHistory(home, code.migrations);
    checkApplied(code, applied);
    const shape = await session.describe(product.schemas);
    const drift = await findDrift(database, code, shape, applied);
    return { release: state || applied.length > 0 ? databaseRelease(code, applied).name : null, ...drift };
  } finally {
    await session.close();
  }
}
