import { LockstepError } from '../errors.ts';
import { databaseRelease } from '../release/database-release.ts';
import type { Code } from '../release/releases.ts';
import { compareReleases } from '../release/version.ts';
import { contents } from '../shape/empty.ts';
import { readHistory } from '../state/history.ts';
import type { State } from '../state/state.ts';
import { changeState, insertState, readState, refuseOtherProduct } from '../state/state.ts';
import type { Home } from '../state/tables.ts';
import { createOwnTables } from '../state/tables.ts';
import { checkApplied } from './pending.ts';

/**
 * The state of a database that is about to be migrated. An empty one gets Lockstep's tables; one with Flyway's history
 * is taken over with it. Throws DATABASE_NOT_ADOPTED, OTHER_PRODUCT, PHASE_REFUSED, HISTORY_FAILED, MIGRATION_MISSING
 * and CHECKSUM_MISMATCH, and then nothing has changed.
 */
export async function adopt(home: Home, code: Code): Promise<State> {
  const state = await checkAdoption(home, code);
  if (state) return state;
  const history = await readHistory(home, code.migrations);
  await createOwnTables(home);
  await home.session.transaction(async () => {
    await insertState(home, code.product.name, 'migrating', { from: 'empty' });
    // What Flyway has migrated is whole: nothing that failed is in its history.
    const release = databaseRelease(code, history).name;
    if (history.length > 0) await changeState(home, { phase: 'ready', release });
  });
  const created = await readState(home);
  if (!created) throw new LockstepError('INTERNAL', { reason: 'lockstep_state is empty after it was written' });
  return created;
}

/** The state of a database that may be migrated; undefined where it would be adopted. Throws as `adopt` does. */
export async function checkAdoption(home: Home, code: Code): Promise<State | undefined> {
  const state = await readState(home);
  if (state) {
    refuseOther(state, code);
    return state;
  }
  const history = await readHistory(home, code.migrations);
  if (history.length > 0) checkApplied(code, history);
  else await refuseContents(home, code);
  return undefined;
}

/** Throws OTHER_PRODUCT, DATABASE_NEWER, PHASE_REFUSED. */
export function refuseOther(state: State, code: Code): void {
  const { product } = code;
  refuseOtherProduct(state, product.name);
  refuseNewer(state, code);
  if (state.phase === 'ready' || state.phase === 'migrating') return;
  throw phaseRefused(state);
}

/** Throws DATABASE_NEWER where the database has gone on to a release that this code does not know. */
export function refuseNewer(state: State, code: Code): void {
  const { version } = code.product;
  const [base = ''] = (state.release ?? '').split('+');
  if (base === '' || compareReleases(base, version) <= 0) return;
  throw new LockstepError('DATABASE_NEWER', { found: state.release ?? base, needed: version });
}

/** Throws DATABASE_NOT_ADOPTED where there are objects that nobody has migrated. */
export async function refuseContents(home: Home, code: Code): Promise<void> {
  const found = contents(await home.session.describe(code.product.schemas));
  if (found.length > 0) throw new LockstepError('DATABASE_NOT_ADOPTED', { found: found.join(', ') });
}

/** The refusal of a phase in which only one verb may go on. */
export function phaseRefused(state: State): LockstepError {
  const { phase, detail } = state;
  if (phase === 'failed') {
    const migration = detail['migration'] ?? '?';
    return new LockstepError('PHASE_REFUSED', {
      phase,
      detail: `migration ${migration} failed at statement ${detail['statement'] ?? '?'}: ${detail['message'] ?? '?'}`,
      next: `Look at the facts with \`lockstep resolve ${migration}\`, then settle it.`,
    });
  }
  if (phase === 'migrating') {
    return new LockstepError('PHASE_REFUSED', {
      phase,
      detail: `a migration from ${detail['from'] ?? '?'} to ${detail['to'] ?? '?'} is not finished`,
      next: `Run \`lockstep ${detail['upgrade'] === undefined ? 'migrate' : 'upgrade'}\` to finish it.`,
    });
  }
  return new LockstepError('PHASE_REFUSED', {
    phase,
    detail: `the restore of ${detail['file'] ?? 'a backup'} is not finished`,
    next: 'Run the same `lockstep restore` again to finish it, or `lockstep restore --abort` to undo it.',
  });
}
