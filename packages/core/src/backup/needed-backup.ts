import { basename } from 'node:path';
import type { Database } from '../database/database.ts';
import type { Product } from '../release/product.ts';
import type { State } from '../state/state.ts';
import { readState, refuseOtherProduct } from '../state/state.ts';
import { withHome } from '../state/tables.ts';

/** A backup that must stay, whatever the rules say. */
export interface NeededBackup {
  /** Its name, by which it is found in any storage. */
  readonly name: string;
  /** What it is needed for, in words. */
  readonly why: string;
}

/**
 * The backup that a database's unfinished upgrade goes back to, or its unfinished restore goes on with; undefined where
 * nothing is unfinished. Changes nothing. Throws OTHER_PRODUCT.
 */
export async function neededBackup(database: Database, product: Product): Promise<NeededBackup | undefined> {
  const state = await withHome(database, 'prune', product.schemas, readState);
  if (!state) return undefined;
  refuseOtherProduct(state, product.name);
  return neededIn(state);
}

function neededIn({ phase, detail }: State): NeededBackup | undefined {
  const isRestore = phase === 'restoring' || phase === 'swapping';
  // Beside the phase of a restore, `backup` is not a place but the random name of what is restored.
  const place = isRestore ? detail['file'] : detail['backup'];
  if (place === undefined) return undefined;
  const why = isRestore ? 'an unfinished restore goes on with it' : 'an unfinished upgrade goes back to it';
  return { name: basename(place), why };
}
