import { LockstepError, phaseRefused, readState } from '@lockstep/core';
import type { Home, State } from '@lockstep/core';
import { catalogProduct } from './product.ts';

/** The state of a catalog's database that may be written to. */
export interface WritableState extends State {
  readonly release: string;
}

/** Throws DATABASE_EMPTY, OTHER_PRODUCT, PHASE_REFUSED unless this is the database of a catalog, and at rest. */
export async function readWritableState(home: Home): Promise<WritableState> {
  const state = await readState(home);
  if (state === undefined) throw new LockstepError('DATABASE_EMPTY');
  if (state.product !== catalogProduct.name) {
    throw new LockstepError('OTHER_PRODUCT', { found: state.product, needed: catalogProduct.name });
  }
  if (state.phase !== 'ready') throw phaseRefused(state);
  if (state.release === null) throw new LockstepError('DATABASE_EMPTY');
  return { ...state, release: state.release };
}
