import type { Sql } from '../database/sql.ts';
import { phase } from '../progress.ts';
import type { Migration } from '../release/migration-file.ts';
import { runRecord } from '../state/history.ts';
import type { NewStep, Step } from '../state/step.ts';
import type { Ahead } from './ahead.ts';
import { isCallbackFailure, prepareCallbacks, runApart, runWithin } from './callbacks.ts';
import { clearTheWay, factsBefore, settleEffect } from './effect.ts';
import { groupStatements } from './group-statements.ts';
import { intentOf, newIntents, writeIntents } from './intent.ts';
import type { NumberedStatement } from './numbered-statement.ts';
import { shownText } from './numbered-statement.ts';
import { doneStatements, markDone } from './resume.ts';
import type { Runner } from './runner.ts';
import { isInterruption, MigrationStopped } from './runner.ts';
import { withLockTimeout } from './with-lock-timeout.ts';

interface SqlRunner extends Runner {
  readonly ahead: Ahead;
}

/** What belongs into a transaction beside its statements. */
interface Around {
  /** What is to be written down before it begins. */
  readonly intents: readonly Sql[];
  /** Callbacks. */
  readonly begin: (() => Promise<void>) | undefined;
  /** How a migration ends with it. */
  readonly ending: Ending | undefined;
}

/** What belongs into the transaction that ends a migration. */
interface Ending {
  /** Callbacks. */
  readonly callBack: () => Promise<void>;
  /** Gives the history row. */
  readonly record: () => readonly Sql[];
}

/**
 * Runs a SQL migration from where it stands. Statements that may share a transaction do, and their progress commits
 * with them; the others run alone, with their intent written before. The history row commits with the last of them.
 * `known` is what earlier runs have written. Returns whether the connection is as it was before. Throws MigrationStopped, MIGRATION_EDITED, and MIGRATION_UNRESOLVED when it can't be known whether a statement has run.
 */
export async function applySql(runner: SqlRunner, migration: Migration, known: readonly Step[]): Promise<boolean> {
  const { ahead } = runner;
  const started = Date.now();
  // Nobody goes on with a scratch database.
  let intents = runner.lock ? [await intentOf(runner, migration, known)] : [];
  const [statements] = await Promise.all([
    ahead.statementsOf(runner.home, migration, intents[0]?.facts?.['timestamp']),
    ahead.checkLock(),
  ]);
  const done = await doneStatements(runner, migration, statements, known);
  await repeatForConnection(
    runner,
    statements.filter(({ number }) => done.has(number)),
  );
  const before = await prepareCallbacks(runner, 'beforeEachMigrate');
  const after = await prepareCallbacks(runner, 'afterEachMigrate');
  const open = statements.filter(({ number }) => !done.has(number));
  const groups = groupStatements(open, migration.separately);
  const last = groups.at(-1);
  const ending: Ending = {
    callBack: async () => {
      if (after.together) await runWithin(runner, after);
    },
    record: () => {
      ahead.look();
      return runRecord(runner.home, migration, Date.now() - started);
    },
  };

  // Callbacks are part of the migration's transaction where it has one and they may be.
  const beginsWithFirst = before.together && groups[0]?.[0]?.transactional === true;
  // One that stands alone has to be known as done before a callback may fail.
  const mayEnd = after.together && (last?.[0]?.transactional === true || after.scripts.length === 0);
  const endsWithLast = mayEnd && last !== undefined;
  if (!beginsWithFirst && before.scripts.length > 0) {
    await writeIntents(runner.home, intents, known);
    intents = [];
    await runApart(runner, before);
  }
  for (const group of groups) {
    const [first] = group;
    if (!first) continue;
    const isFirst = group === groups[0];
    // It has just been looked at, unless there was something to wait for.
    if (!isFirst || known.length > 0 || before.scripts.length > 0) await runner.lock?.check();
    const untouched = isFirst && done.size === 0;
    const ends = group === last && endsWithLast ? ending : undefined;
    if (first.transactional) {
      const begin = isFirst && beginsWithFirst ? () => runWithin(runner, before) : undefined;
      const toWrite = newIntents(runner.home, intents, known);
      if (toWrite.length === 0) await writeIntents(runner.home, intents, known);
      await runTogether(runner, migration, group, untouched, { intents: toWrite, begin, ending: ends });
    } else {
      await runAlone(runner, migration, first, { untouched, intents, known }, ends);
    }
    intents = [];
  }
  if (!endsWithLast) {
    if (!after.together) await runApart(runner, after);
    await runner.home.session.transaction(ending.callBack, { last: ending.record });
  }
  const calledBack = before.scripts.length + after.scripts.length > 0;
  return !calledBack && statements.every(({ traceless }) => traceless === true);
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
  runner: SqlRunner,
  migration: Migration,
  group: readonly NumberedStatement[],
  untouched: boolean,
  around: Around,
): Promise<void> {
  const { session } = runner.home;
  const { begin, ending } = around;
  let current = group[0];
  let before = around.intents;
  const work = async (): Promise<void> => {
    // They have committed, also if this has to be tried again.
    before = [];
    await begin?.();
    for (const statement of group) {
      current = statement;
      await phase(runner, 'migrate:statement', placeOf(migration, statement));
      await clearTheWay(runner, statement);
      runner.ahead.prepare(runner.home);
      await session.execute(statement.text);
      // With the last of them, the history says it all.
      if (!ending) await markDone(runner, migration, statement);
    }
    await ending?.callBack();
    await phase(runner, 'migrate:commit', placeOf(migration, current));
  };
  const attempt = (): Promise<void> =>
    session.transaction(work, { before, ...(ending ? { last: ending.record } : {}) });
  try {
    await withLockTimeout(runner, group, attempt);
  } catch (error) {
    if (before.length > 0) throw error;
    throw stopped(error, current, untouched);
  }
}

interface Beginning {
  /** Nothing of the migration has been done. */
  readonly untouched: boolean;
  /** What is to be written down with the statement's own intent. */
  readonly intents: readonly NewStep[];
  /** What earlier runs have written. */
  readonly known: readonly Step[];
}

/** `ending` ends the migration. */
async function runAlone(
  runner: SqlRunner,
  migration: Migration,
  statement: NumberedStatement,
  { untouched, intents, known }: Beginning,
  ending: Ending | undefined,
): Promise<void> {
  const { home } = runner;
  await clearTheWay(runner, statement);
  const facts = await factsBefore(home, statement);
  const own: NewStep = {
    migration: migration.key,
    statement: statement.number,
    checksum: statement.checksum,
    line: statement.line,
    status: 'running',
    facts: { ...facts, text: shownText(statement.text) },
    actor: runner.actor,
  };
  await writeIntents(home, [...intents, own], known);
  await phase(runner, 'migrate:intent', placeOf(migration, statement));
  let isAgain = false;
  const attempt = async (): Promise<void> => {
    if (isAgain && (await settleEffect(runner, statement, facts)) === 'happened') return;
    isAgain = true;
    runner.ahead.prepare(home);
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
  await phase(runner, 'migrate:executed', placeOf(migration, statement));
  // With the last of them, the history says it all.
  if (ending) await home.session.transaction(ending.callBack, { last: ending.record });
  else await markDone(runner, migration, statement);
}

function placeOf({ key }: Migration, statement: NumberedStatement | undefined): string {
  return `${key}#${statement?.number ?? 0}`;
}

function stopped(error: unknown, statement: NumberedStatement | undefined, undone: boolean): unknown {
  if (isInterruption(error) || isCallbackFailure(error)) return error;
  return new MigrationStopped(error, statement?.number ?? 0, statement?.line ?? 1, undone);
}
