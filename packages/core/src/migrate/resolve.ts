import type { Database } from '../database/database.ts';
import { withLock } from '../database/lock.ts';
import { LockstepError } from '../errors.ts';
import type { RunOptions } from '../progress.ts';
import type { Migration } from '../release/migration-file.ts';
import type { Product } from '../release/product.ts';
import { readCode } from '../release/releases.ts';
import type { State } from '../state/state.ts';
import { changeState, readState } from '../state/state.ts';
import type { Step } from '../state/step.ts';
import { clearSteps, stepsOf, removeStep, writeStep } from '../state/step.ts';
import type { Home } from '../state/tables.ts';
import { homeOf } from '../state/tables.ts';
import { actor } from './actor.ts';
import { comparison, detailAfter } from './detail-after.ts';
import type { ThingFact, Verdict } from './effect.ts';
import { compareThings, verdictOf } from './effect.ts';
import { readFailedRow, settleFailedRow } from './failed-row.ts';
import { lockName } from './migrate.ts';
import type { NumberedStatement } from './numbered-statement.ts';
import { numberStatements, shownText } from './numbered-statement.ts';
import { statementOf, waitForOrphans } from './orphan.ts';
import { begunAt } from './text-to-run.ts';

export type Decision = 'applied' | 'retry' | 'rolled-back';

/** What is known about a step that stopped. */
export interface Unresolved {
  readonly migration: string;
  readonly script: string;
  readonly statement: number;
  /** What the phase says of it. */
  readonly detail: State['detail'];
  readonly line: number;
  readonly text: string;
  readonly message: string;
  /** Statements of the migration that are done. */
  readonly done: number;
  readonly total: number;
  /** How a crash inside of the statement is settled; null where there is no statement. */
  readonly effect: NumberedStatement['effect'] | null;
  /** What the database says: has the statement happened? */
  readonly verdict: Verdict;
  /** The things that it changes, before it and now, as far as the database shows them. */
  readonly things: readonly ThingFact[];
  /** What the connection of the dead run still does on the server; null if that has ended. */
  readonly atWork: string | null;
  /** What may be decided. */
  readonly choices: readonly Decision[];
  /** Earlier decisions and the progress, as recorded. */
  readonly steps: readonly Step[];
}

/**
 * Shows what is known about a failed step and, with a decision, settles and records it:
 * `applied` takes the statement for done, `retry` runs it again, `rolled-back` says that everything that the
 * migration did was undone by hand, so that it starts from its beginning. `migrate` then goes on.
 * A migration that was cut off, and has not failed, takes `rolled-back` only: `migrate` goes on with it.
 * A migration that failed under Flyway, by its row in the history, takes `applied` and `rolled-back`.
 * Throws RESOLVE_NOT_NEEDED when nothing of that name has failed.
 */
export async function resolve(
  database: Database,
  product: Product,
  key: string,
  decision: Decision | undefined,
  options: RunOptions & { readonly waitSeconds?: number | undefined } = {},
): Promise<Unresolved> {
  const code = await readCode(product, database);
  const holder = `lockstep resolve, ${actor()}`;
  return withLock(database, lockName(database, product), { ...options, holder }, async () => {
    const session = await database.session({ purpose: 'resolve', schemas: product.schemas });
    try {
      const home = homeOf(session, database.dialect, product.schemas);
      const migration = code.migrations.find((candidate) => candidate.key === key);
      // What is decided about a statement must not change under the decision.
      if (decision) await waitForOrphans(options, home);
      const row = await readFailedRow(home, code, key);
      if (row) return await settleFailedRow(home, row, decision);
      const { facts, statement } = await unresolved(home, key, migration, decision);
      if (decision) await session.transaction(() => settle(home, facts, statement, decision));
      return facts;
    } finally {
      await session.close();
    }
  });
}

async function unresolved(
  home: Home,
  key: string,
  migration: Migration | undefined,
  decision: Decision | undefined,
): Promise<{ readonly facts: Unresolved; readonly statement: NumberedStatement | undefined }> {
  const state = await readState(home);
  const known = migration !== undefined || key === comparison;
  const steps = known && state ? await stepsOf(home, key) : [];
  const open = steps.findLast(({ statement, status }) => statement >= 0 && status !== 'done');
  const hasFailed = known && state?.phase === 'failed' && state.detail['migration'] === key;
  const isCut =
    known && state?.phase === 'migrating' && open !== undefined && decision !== 'applied' && decision !== 'retry';
  if (!state || (!hasFailed && !isCut)) {
    const found = state ? `the phase is ${state.phase}` : 'Lockstep has not been on this database';
    throw new LockstepError('RESOLVE_NOT_NEEDED', { version: key, found });
  }
  const statements = migration ? await numberStatements(home, migration, begunAt(steps)) : [];
  const number = hasFailed ? Number(state.detail['statement'] ?? 0) : (open?.statement ?? 0);
  const statement = statements[number - 1];
  const step = steps.find((candidate) => candidate.statement === number);
  const things = statement && step ? await compareThings(home, statement, step.facts) : [];
  const facts: Unresolved = {
    migration: key,
    script: migration?.script ?? key,
    statement: number,
    detail: state.detail,
    line: Number(state.detail['line'] ?? step?.line ?? 0),
    // The text that ran, which the file may not have any more.
    text: step?.facts['text'] ?? shownText(statement?.text ?? ''),
    message: state.detail['message'] ?? 'The run was cut off.',
    done: steps.filter((candidate) => candidate.statement > 0 && candidate.status === 'done').length,
    total: statements.length,
    effect: statement?.effect ?? null,
    verdict: statement?.transactional ? 'not happened' : verdictOf(things),
    things,
    atWork: (await statementOf(home, step?.facts['session'] ?? '')) ?? null,
    choices: choicesOf(key, hasFailed, statement),
    steps,
  };
  return { facts, statement };
}

/** What was cut off, and has not failed, goes on by itself. */
function choicesOf(key: string, hasFailed: boolean, statement: NumberedStatement | undefined): readonly Decision[] {
  if (!hasFailed) return ['rolled-back'];
  if (key === comparison) return ['applied', 'retry'];
  return statement ? ['applied', 'retry', 'rolled-back'] : ['retry', 'rolled-back'];
}

async function settle(
  home: Home,
  facts: Unresolved,
  found: NumberedStatement | undefined,
  decision: Decision,
): Promise<void> {
  const { migration, statement, line } = facts;
  if (migration === comparison && decision === 'rolled-back') {
    throw new LockstepError('USAGE', { reason: 'a comparison is settled by --applied (accept) or --retry' });
  }
  const decisions = facts.steps.filter((step) => step.statement < 0).length;
  if (decision === 'rolled-back') await clearSteps(home, migration);
  if (decision === 'applied' && migration !== comparison) await markApplied(home, facts, found);
  if (decision === 'retry') await takeBack(home, facts);
  await writeStep(home, {
    migration,
    statement: -1 - decisions,
    status: 'resolved',
    line,
    actor: actor(),
    message: decision,
    facts: {
      statement: String(statement),
      text: facts.text,
      error: facts.message,
      verdict: facts.verdict,
      things: JSON.stringify(facts.things),
    },
  });
  await changeState(home, { phase: 'migrating', detail: detailAfter(facts.detail, facts.migration, decision) });
}

/** The statement has not been begun. A data migration goes on at its cursor, with the code that it has by then. */
async function takeBack(home: Home, { migration, statement, steps }: Unresolved): Promise<void> {
  if (statement > 0) return removeStep(home, migration, statement);
  const cursor = steps.find((step) => step.statement === 0);
  if (cursor) await writeStep(home, { ...cursor, checksum: null, status: 'running' });
}

async function markApplied(home: Home, facts: Unresolved, statement: NumberedStatement | undefined): Promise<void> {
  if (!statement) {
    throw new LockstepError('USAGE', {
      reason: 'there is no statement to take for done: give --retry or --rolled-back',
    });
  }
  await writeStep(home, {
    migration: facts.migration,
    statement: statement.number,
    line: statement.line,
    checksum: statement.checksum,
    status: 'done',
    facts: { text: shownText(statement.text) },
    actor: actor(),
  });
}
