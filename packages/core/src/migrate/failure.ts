import { LockstepError } from '../errors.ts';
import { databaseRelease } from '../release/database-release.ts';
import type { Migration } from '../release/migration-file.ts';
import type { Code } from '../release/releases.ts';
import { readHistory } from '../state/history.ts';
import { changeState, readState } from '../state/state.ts';
import { clearSteps, stepsOf, writeStep } from '../state/step.ts';
import type { Home } from '../state/tables.ts';
import type { Runner } from './runner.ts';
import { isInterruption, MigrationStopped } from './runner.ts';

/**
 * Writes down what a failed migration has left behind, and gives the error to throw. Where nothing of it has stayed,
 * the database is as whole as before and open to servers of its release; otherwise it is `failed` until somebody has
 * settled the step. An interruption is left as it is: the next run goes on.
 */
export async function settleFailure(
  runner: Runner,
  code: Code,
  migration: Migration,
  error: unknown,
): Promise<unknown> {
  if (isInterruption(error)) return error;
  const { home } = runner;
  if (error instanceof LockstepError && error.code === 'MIGRATION_UNRESOLVED') {
    const { statement = '0', line = '0' } = error.details;
    await changeState(home, { phase: 'failed', detail: await detail(home, migration, statement, line, error.message) });
    return error;
  }
  if (!(error instanceof MigrationStopped)) {
    const steps = await stepsOf(home, migration.key);
    const begun = steps.some(({ statement, facts }) => statement > 0 || facts['cursor'] !== undefined);
    // With a part of it done, the database stays closed, and the next run goes on.
    if (!begun && error instanceof LockstepError) await openAgain(runner, code, migration);
    return error;
  }
  const where = { version: migration.key, script: migration.script, line: error.line, reason: error.message };
  if (error.undone) {
    const release = await openAgain(runner, code, migration);
    const next = `Nothing of it has stayed: the database is at release ${release}. Correct the migration, then run \`lockstep migrate\` again.`;
    return new LockstepError('MIGRATION_FAILED', { ...where, next }, { cause: error });
  }
  await home.session.transaction(async () => {
    const known = (await stepsOf(home, migration.key)).find((step) => step.statement === error.statement);
    await writeStep(home, {
      migration: migration.key,
      statement: error.statement,
      line: error.line,
      checksum: error.statement === 0 ? String(migration.checksum) : null,
      status: 'failed',
      facts: known?.facts ?? {},
      actor: runner.actor,
      message: error.message,
    });
    const stop = await detail(home, migration, String(error.statement), String(error.line), error.message);
    await changeState(home, { phase: 'failed', detail: stop });
  });
  const next = `Part of it has stayed. Look at the facts with \`lockstep resolve ${migration.key}\`, then settle it with --applied, --retry or --rolled-back.`;
  return new LockstepError('MIGRATION_FAILED', { ...where, next }, { cause: error });
}

/** Where it stopped, with what the run knew that goes on after `resolve`. */
async function detail(
  home: Home,
  migration: Migration,
  statement: string,
  line: string,
  message: string,
): Promise<Record<string, string>> {
  const { from, to, seeded, backup } = (await readState(home))?.detail ?? {};
  const known = Object.entries({ from, to, seeded, backup }).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value]],
  );
  return { ...Object.fromEntries(known), migration: migration.key, script: migration.script, statement, line, message };
}

/** The database is as it was before the migration. Gives its release. */
async function openAgain({ home }: Runner, code: Code, migration: Migration): Promise<string> {
  const release = databaseRelease(code, await readHistory(home, code.migrations)).name;
  await home.session.transaction(async () => {
    await clearSteps(home, migration.key);
    await changeState(home, { phase: 'ready', release });
  });
  return release;
}
