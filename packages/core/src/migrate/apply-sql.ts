import { phase } from '../progress.ts';
import type { Migration } from '../release/migration-file.ts';
import { recordApplied } from '../state/history.ts';
import { clearSteps, writeStep } from '../state/step.ts';
import { clearTheWay, factsBefore, settleEffect } from './effect.ts';
import type { NumberedStatement } from './numbered-statement.ts';
import { numberStatements, shownText } from './numbered-statement.ts';
import { doneStatements, markDone } from './resume.ts';
import type { Runner } from './runner.ts';
import { isInterruption, MigrationStopped } from './runner.ts';
import { withLockTimeout } from './with-lock-timeout.ts';

/**
 * Runs a SQL migration from where it stands. Statements that may share a transaction do, and their progress commits
 * with them; the others run alone, with their intent written before. The history row commits with the last of them.
 * Throws MigrationStopped, MIGRATION_EDITED, and MIGRATION_UNRESOLVED when it can't be known whether a statement has run.
 */
export async function applySql(runner: Runner, migration: Migration): Promise<void> {
  const started = Date.now();
  const statements = await numberStatements(runner.home, migration);
  const done = await doneStatements(runner, migration, statements);
  await repeatForConnection(
    runner,
    statements.filter(({ number }) => done.has(number)),
  );
  const groups = groupStatements(statements.filter(({ number }) => !done.has(number)));
  const last = groups.at(-1);
  const finish = async (): Promise<void> => {
    await recordApplied(runner.home, migration, Date.now() - started);
    await clearSteps(runner.home, migration.key);
  };

  for (const group of groups) {
    await runner.lock?.check();
    const untouched = group === groups[0] && done.size === 0;
    if (group[0]?.transactional)
      await runTogether(runner, migration, group, untouched, group === last ? finish : undefined);
    else await runAlone(runner, migration, group[0], untouched);
  }
  if (!last?.[0]?.transactional) await runner.home.session.transaction(finish);
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
          // With the last of them, the history says it all.
          if (!finish) await markDone(runner, migration, statement);
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
    facts: { ...facts, text: shownText(statement.text) },
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
    throw stopped(error, statement, undone);
  }
  await phase(runner, 'migrate:executed');
  await markDone(runner, migration, statement);
}

function stopped(error: unknown, statement: NumberedStatement | undefined, undone: boolean): unknown {
  if (isInterruption(error)) return error;
  return new MigrationStopped(error, statement?.number ?? 0, statement?.line ?? 1, undone);
}
