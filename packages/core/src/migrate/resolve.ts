import type { Database } from '../database/database.ts';
import { withLock } from '../database/lock.ts';
import { LockstepError } from '../errors.ts';
import type { RunOptions } from '../progress.ts';
import type { Migration } from '../release/migration-file.ts';
import type { Product } from '../release/product.ts';
import { readCode } from '../release/releases.ts';
import type { Step } from '../state/step.ts';
import { clearSteps, readSteps, removeStep, writeStep } from '../state/step.ts';
import type { State } from '../state/state.ts';
import { changeState, readState } from '../state/state.ts';
import type { Home } from '../state/tables.ts';
import { homeOf } from '../state/tables.ts';
import { actor } from './actor.ts';
import { lockName } from './migrate.ts';
import { statementChecksum } from './apply-sql.ts';

/** The name of the step that compares a database with its backup at the end of an upgrade. */
const comparison = 'comparison';

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
  /** Earlier decisions and the progress, as recorded. */
  readonly steps: readonly Step[];
}

/**
 * Shows what is known about a failed step and, with a decision, settles and records it:
 * `applied` takes the statement for done, `retry` runs it again, `rolled-back` says that everything that the
 * migration did was undone by hand, so that it starts from its beginning. `migrate` then goes on.
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
      const facts = await unresolved(home, key, migration);
      if (decision) await session.transaction(() => settle(home, facts, decision));
      return facts;
    } finally {
      await session.close();
    }
  });
}

async function unresolved(home: Home, key: string, migration: Migration | undefined): Promise<Unresolved> {
  const state = await readState(home);
  const known = migration !== undefined || key === comparison;
  if (!state || state.phase !== 'failed' || state.detail['migration'] !== key || !known) {
    const found = state ? `the phase is ${state.phase}` : 'Lockstep has not been on this database';
    throw new LockstepError('RESOLVE_NOT_NEEDED', { version: key, found });
  }
  const steps = await readSteps(home, key);
  const statement = Number(state.detail['statement'] ?? 0);
  const statements = migration?.language === 'sql' ? await home.dialect.split(migration.text, migration.script) : [];
  return {
    migration: key,
    script: migration?.script ?? key,
    statement,
    detail: state.detail,
    line: Number(state.detail['line'] ?? 0),
    text: statements[statement - 1]?.text ?? '',
    message: state.detail['message'] ?? '',
    done: steps.filter((step) => step.statement > 0 && step.status === 'done').length,
    total: statements.length,
    steps,
  };
}

async function settle(home: Home, facts: Unresolved, decision: Decision): Promise<void> {
  const { migration, statement, line } = facts;
  if (migration === comparison && decision === 'rolled-back') {
    throw new LockstepError('USAGE', { reason: 'a comparison is settled by --applied (accept) or --retry' });
  }
  const failed = facts.steps.find((step) => step.statement === statement);
  const decisions = facts.steps.filter((step) => step.statement < 0).length;
  if (decision === 'rolled-back') await clearSteps(home, migration);
  if (decision === 'applied' && migration !== comparison) await markApplied(home, facts);
  if (decision === 'retry' && statement > 0) await removeStep(home, migration, statement);
  await writeStep(home, {
    migration,
    statement: -1 - decisions,
    status: 'resolved',
    line,
    actor: actor(),
    message: decision,
    facts: { statement: String(statement), error: facts.message, facts: JSON.stringify(failed?.facts ?? {}) },
  });
  await changeState(home, { phase: 'migrating', detail: detailAfter(facts, decision) });
}

/** What the next run has to know. A comparison that is to be tried again needs its backup. */
function detailAfter(facts: Unresolved, decision: Decision): Record<string, string> {
  const { backup, from } = facts.detail;
  const again = facts.migration === comparison && decision === 'retry' && backup !== undefined && from !== undefined;
  return { resolved: `${facts.migration} ${decision}`, ...(again ? { upgrade: 'migrate', backup, from } : {}) };
}

async function markApplied(home: Home, facts: Unresolved): Promise<void> {
  const { migration, statement, line, text } = facts;
  if (statement === 0) {
    throw new LockstepError('USAGE', { reason: 'a data migration is settled by --retry or --rolled-back' });
  }
  await writeStep(home, {
    migration,
    statement,
    line,
    checksum: statementChecksum(text),
    status: 'done',
    actor: actor(),
  });
}
