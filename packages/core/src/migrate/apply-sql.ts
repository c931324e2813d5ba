import { createHash } from 'node:crypto';
import type { ScriptStatement } from '../database/database.ts';
import { LockstepError } from '../errors.ts';
import { phase } from '../progress.ts';
import type { Migration } from '../release/migration-file.ts';
import { recordApplied } from '../state/history.ts';
import type { Step } from '../state/step.ts';
import { clearSteps, readSteps, writeStep } from '../state/step.ts';
import { clearTheWay, factsBefore, settleEffect } from './effect.ts';
import type { Runner } from './runner.ts';
import { isInterruption, MigrationStopped } from './runner.ts';
import { withLockTimeout } from './with-lock-timeout.ts';

interface NumberedStatement extends ScriptStatement {
  /** 1-based place in the script. */
  readonly number: number;
  readonly checksum: string;
}

/**
 * Runs a SQL migration from where it stands. Statements that may share a transaction do, and their progress commits
 * with them; the others run alone, with their intent written before. The history row commits with the last of them.
 * Throws MigrationStopped, or MIGRATION_UNRESOLVED when it can't be known whether a statement has run.
 */
export async function applySql(runner: Runner, migration: Migration): Promise<void> {
  const started = Date.now();
  const statements = await numbered(runner, migration);
  const progress = await progressOf(runner, migration, statements);
  await repeatForConnection(runner, statements.slice(0, progress.done));
  const groups = groupStatements(statements.slice(progress.done));
  const last = groups.at(-1);
  const finish = async (): Promise<void> => {
    await recordApplied(runner.home, migration, Date.now() - started);
    await clearSteps(runner.home, migration.key);
  };

  for (const group of groups) {
    await runner.lock?.check();
    const untouched = group === groups[0] && progress.done === 0;
    if (group[0]?.transactional)
      await runTogether(runner, migration, group, untouched, group === last ? finish : undefined);
    else await runAlone(runner, migration, group[0], untouched);
  }
  if (!last?.[0]?.transactional) await runner.home.session.transaction(finish);
}

async function numbered(runner: Runner, migration: Migration): Promise<NumberedStatement[]> {
  const statements = await runner.home.dialect.split(migration.text, migration.script);
  return statements.map((statement, index) => ({
    ...statement,
    number: index + 1,
    checksum: statementChecksum(statement.text),
  }));
}

/** SHA-256 of a statement's text: a half-run file that is edited afterwards is found out by it. */
export function statementChecksum(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Neighbours that may share a transaction form a group; every other statement is a group of its own. */
function groupStatements(statements: readonly NumberedStatement[]): NumberedStatement[][] {
  const groups: NumberedStatement[][] = [];
  for (const statement of statements) {
    const current = groups.at(-1);
    if (statement.transactional && current?.[0]?.transactional) current.push(statement);
    else groups.push([statement]);
  }
  return groups;
}

/** What the statements behind a crash find on their connection is what those before it have put there. */
async function repeatForConnection(runner: Runner, done: readonly NumberedStatement[]): Promise<void> {
  for (const statement of done.filter(({ connection }) => connection)) {
    try {
      await runner.home.session.execute(statement.text);
    } catch (error) {
      throw stopped(error, statement, false);
    }
  }
}

async function runTogether(
  runner: Runner,
  migration: Migration,
  group: readonly NumberedStatement[],
  untouched: boolean,
  finish: (() => Promise<void>) | undefined,
): Promise<void> {
  const { session } = runner.home;
  let current = group[0];
  try {
    await withLockTimeout(runner, group, () =>
      session.transaction(async () => {
        for (const statement of group) {
          current = statement;
          await phase(runner, 'migrate:statement');
          await clearTheWay(runner, statement);
          await session.execute(statement.text);
          await markDone(runner, migration, statement);
        }
        await finish?.();
        await phase(runner, 'migrate:commit');
      }),
    );
  } catch (error) {
    throw stopped(error, current, untouched);
  }
}

async function runAlone(
  runner: Runner,
  migration: Migration,
  statement: NumberedStatement | undefined,
  untouched: boolean,
): Promise<void> {
  if (!statement) return;
  const { home } = runner;
  await clearTheWay(runner, statement);
  const facts = await factsBefore(home, statement);
  await writeStep(home, {
    migration: migration.key,
    statement: statement.number,
    checksum: statement.checksum,
    line: statement.line,
    status: 'running',
    facts,
    actor: runner.actor,
  });
  await phase(runner, 'migrate:intent');
  let isAgain = false;
  const attempt = async (): Promise<void> => {
    if (isAgain && (await settleEffect(runner, statement, facts)) === 'happened') return;
    isAgain = true;
    await home.session.execute(statement.text);
  };
  try {
    await withLockTimeout(runner, [statement], attempt);
  } catch (error) {
    if (isInterruption(error)) throw error;
    // A failed statement has done nothing, as a rule; the database knows.
    const undone = (await settleEffect(runner, statement, facts)) === 'not happened' && untouched;
    if (undone) await clearSteps(home, migration.key);
    throw stopped(error, statement, undone);
  }
  await phase(runner, 'migrate:executed');
  await markDone(runner, migration, statement);
}

async function markDone(runner: Runner, migration: Migration, statement: NumberedStatement): Promise<void> {
  await writeStep(runner.home, {
    migration: migration.key,
    statement: statement.number,
    checksum: statement.checksum,
    line: statement.line,
    status: 'done',
    actor: runner.actor,
  });
}

function stopped(error: unknown, statement: NumberedStatement | undefined, undone: boolean): unknown {
  if (isInterruption(error)) return error;
  return new MigrationStopped(error, statement?.number ?? 0, statement?.line ?? 1, undone);
}

/** How many statements are done, after settling one that a crash may have cut. */
async function progressOf(
  runner: Runner,
  migration: Migration,
  statements: readonly NumberedStatement[],
): Promise<{ readonly done: number }> {
  const steps = (await readSteps(runner.home, migration.key)).filter((step) => step.statement > 0);
  for (const step of steps) {
    const statement = statements[step.statement - 1];
    if (statement?.checksum === step.checksum) continue;
    throw unresolved(migration, step, 'the file was edited after this statement had run; put the old text back');
  }
  const open = steps.find((step) => step.status !== 'done');
  const done = steps.filter((step) => step.status === 'done').length;
  const statement = open && statements[open.statement - 1];
  if (!open || !statement) return { done };

  await runner.home.session.waitForEnd(open.facts['session'] ?? '');
  const verdict = await settleEffect(runner, statement, open.facts);
  if (statement.effect === 'repeatable') return { done };
  if (verdict === 'unknown' || statement.effect === 'unprovable') {
    throw unresolved(migration, open, 'the process died in it, and its effect cannot be read from the database');
  }
  if (verdict === 'not happened') return { done };
  await markDone(runner, migration, statement);
  return { done: done + 1 };
}

function unresolved(migration: Migration, step: Step, reason: string): LockstepError {
  return new LockstepError('MIGRATION_UNRESOLVED', {
    version: migration.key,
    script: migration.script,
    statement: step.statement,
    line: step.line ?? 0,
    reason,
  });
}
