import { LockstepError } from '../errors.ts';
import { databaseRelease } from '../release/database-release.ts';
import type { Migration } from '../release/migration-file.ts';
import type { Code } from '../release/releases.ts';
import { readHistory } from '../state/history.ts';
import { changeState } from '../state/state.ts';
import { readSteps, writeStep } from '../state/step.ts';
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
    await changeState(home, { phase: 'failed', detail: detail(migration, statement, line, error.message) });
    return error;
  }
  if (!(error instanceof MigrationStopped)) {
    const begun = (await readSteps(home, migration.key)).some((step) => step.statement >= 0);
    // With a part of it done, the database stays closed, and the next run goes on.
    if (!begun && error instanceof LockstepError) await changeState(home, await standing(runner, code));
    return error;
  }
  const where = { version: migration.key, script: migration.script, line: error.line, reason: error.message };
  if (error.undone) {
    const stand = await standing(runner, code);
    await changeState(home, stand);
    const next = `Nothing of it has stayed: the database is at release ${stand.release}. Correct the migration, then run \`lockstep migrate\` again.`;
    return new LockstepError('MIGRATION_FAILED', { ...where, next }, { cause: error });
  }
  await writeStep(home, {
    migration: migration.key,
    statement: error.statement,
    line: error.line,
    checksum: error.statement === 0 ? String(migration.checksum) : null,
    status: 'failed',
    actor: runner.actor,
    message: error.message,
  });
  await changeState(home, {
    phase: 'failed',
    detail: detail(migration, String(error.statement), String(error.line), error.message),
  });
  const next = `Part of it has stayed. Look at the facts with \`lockstep resolve ${migration.key}\`, then settle it with --applied, --retry or --rolled-back.`;
  return new LockstepError('MIGRATION_FAILED', { ...where, next }, { cause: error });
}

function detail(migration: Migration, statement: string, line: string, message: string): Record<string, string> {
  return { migration: migration.key, script: migration.script, statement, line, message };
}

async function standing(runner: Runner, code: Code): Promise<{ phase: 'ready'; release: string }> {
  return { phase: 'ready', release: databaseRelease(code, await readHistory(runner.home, code.migrations)).name };
}
