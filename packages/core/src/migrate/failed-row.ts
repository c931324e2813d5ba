import { sql } from '../database/sql.ts';
import { LockstepError } from '../errors.ts';
import type { Code } from '../release/releases.ts';
import type { AppliedMigration } from '../state/history.ts';
import { readHistory } from '../state/history.ts';
import { changeState, readState } from '../state/state.ts';
import { clearSteps, readSteps, stepsOf, writeStep } from '../state/step.ts';
import type { Home } from '../state/tables.ts';
import { createOwnTables, ownTable } from '../state/tables.ts';
import { actor } from './actor.ts';
import { detailAfter } from './detail-after.ts';
import type { Decision, Unresolved } from './resolve.ts';

/** The row of a migration that failed under Flyway, which nobody has settled. */
export async function readFailedRow(home: Home, code: Code, key: string): Promise<AppliedMigration | undefined> {
  return (await readHistory(home, code.migrations)).find((row) => row.key === key && !row.success);
}

/**
 * Shows what is known about a migration that failed under Flyway and, with a decision, settles and records it: applied
 * makes the row one of a success, rolled-back takes it away. Nobody knows at which statement it stopped. Throws USAGE.
 */
export async function settleFailedRow(
  home: Home,
  row: AppliedMigration,
  decision: Decision | undefined,
): Promise<Unresolved> {
  const message = `It failed on ${row.installedOn}, by the history (installed_rank ${row.rank}). Where it stopped is not known.`;
  if (decision === 'retry') {
    throw new LockstepError('USAGE', { reason: 'where it stopped is not known: give --applied or --rolled-back' });
  }
  if (decision) await settle(home, row, decision, message);
  return {
    migration: row.key,
    script: row.script,
    statement: 0,
    detail: {},
    line: 0,
    text: '',
    message,
    done: 0,
    total: 0,
    effect: null,
    verdict: 'unknown',
    things: [],
    atWork: null,
    choices: ['applied', 'rolled-back'],
    steps: (await readSteps(home)).filter(({ migration }) => migration === row.key),
  };
}

async function settle(home: Home, row: AppliedMigration, decision: Decision, message: string): Promise<void> {
  const history = ownTable(home, 'flyway_schema_history');
  await createOwnTables(home);
  const decisions = (await stepsOf(home, row.key)).filter(({ statement }) => statement < 0).length;
  await home.session.transaction(async () => {
    if (decision === 'applied') {
      await home.session.run(sql`UPDATE ${history} SET success = ${true} WHERE installed_rank = ${row.rank}`);
    } else {
      await home.session.run(sql`DELETE FROM ${history} WHERE installed_rank = ${row.rank}`);
    }
    await forgetOwnRun(home, row.key, decision);
    await writeStep(home, {
      migration: row.key,
      statement: -1 - decisions,
      status: 'resolved',
      line: 0,
      actor: actor(),
      message: decision,
      facts: { statement: '0', error: message, facts: '{}' },
    });
  });
}

/**
 * A run of Lockstep's that had stopped in the same migration, before Flyway began it anew, is settled with it: what it
 * has written down of its statements is not so any more.
 */
async function forgetOwnRun(home: Home, key: string, decision: Decision): Promise<void> {
  await clearSteps(home, key);
  const state = await readState(home);
  if (state?.phase !== 'failed' || state.detail['migration'] !== key) return;
  await changeState(home, { phase: 'migrating', detail: detailAfter(state.detail, key, decision) });
}
