import { setTimeout as sleep } from 'node:timers/promises';
import { contextOf } from '../data-migration/context.ts';
import { Replicas } from '../data-migration/replicas.ts';
import type { Steps } from '../data-migration/steps.ts';
import { openSteps } from '../data-migration/steps.ts';
import { LockstepError } from '../errors.ts';
import { phase } from '../progress.ts';
import { loadDataMigration } from '../release/load-data-migration.ts';
import type { Migration } from '../release/migration-file.ts';
import { runRecord } from '../state/history.ts';
import type { Step } from '../state/step.ts';
import { writeStep } from '../state/step.ts';
import type { Prepared } from './callbacks.ts';
import { isCallbackFailure, prepareCallbacks, runApart, runWithin } from './callbacks.ts';
import { intentOf, writeIntents } from './intent.ts';
import type { Runner } from './runner.ts';
import { isInterruption, MigrationStopped } from './runner.ts';
import { withLockTimeout } from './with-lock-timeout.ts';

/**
 * Runs a TypeScript migration from its cursor. Each batch commits with the cursor behind it; the last one commits
 * with the check of the result and the history row. `known` is what earlier runs have written. Throws MigrationStopped, TABLE_UNFIT, REPLICA_UNFIT.
 */
export async function applyData(runner: Runner, migration: Migration, known: readonly Step[]): Promise<void> {
  const { home, pace } = runner;
  // Nobody goes on with a scratch database.
  if (runner.lock) await writeIntents(home, [await intentOf(runner, migration, known)], known);
  const work = await loadDataMigration(migration);
  const after = await prepareCallbacks(runner, 'afterEachMigrate');
  refuseApart(after);
  await runApart(runner, await prepareCallbacks(runner, 'beforeEachMigrate'));
  const place = { ...home, batchMilliseconds: pace.batchMilliseconds };
  const steps = await openSteps(work, place, contextOf(home.session, home.dialect, runner), runner);
  const replicas = await Replicas.open(home.session, pace, runner);
  try {
    const cursor = known.find(({ statement }) => statement === 0)?.facts['cursor'] ?? null;
    await runBatches(runner, migration, steps, replicas, { after, cursor });
  } finally {
    await replicas.close();
  }
}

/** The last batch commits together with the history row, and so the callbacks have to be part of a transaction. */
function refuseApart({ together, scripts }: Prepared): void {
  const [first] = scripts;
  if (together || !first) return;
  const reason = 'it holds what cannot be part of a transaction, and a data migration ends with one';
  throw new LockstepError('CALLBACK_FAILED', { script: first.callback.script, line: 1, reason });
}

async function runBatches(
  runner: Runner,
  migration: Migration,
  steps: Steps,
  replicas: Replicas,
  { after, cursor: from }: { readonly after: Prepared; readonly cursor: string | null },
): Promise<void> {
  const { home, pace } = runner;
  const started = Date.now();
  let cursor = from;
  let untouched = cursor === null;
  try {
    for (let more = true; more; untouched = false) {
      await runner.lock?.check();
      await replicas.wait();
      await phase(runner, 'migrate:batch', `${migration.key}#${cursor ?? ''}`);
      const begun = performance.now();
      const batch = async (): Promise<string | null> => {
        const next = await steps.batch(cursor);
        if (next === null) {
          await steps.verify();
          await runWithin(runner, after);
          await home.session.runAll(runRecord(home, migration, Date.now() - started));
        } else {
          await saveCursor(runner, migration, next);
        }
        return next;
      };
      cursor = await withLockTimeout(runner, [], () => home.session.transaction(batch));
      more = cursor !== null;
      await steps.committed(performance.now() - begun);
      if (more && pace.pauseMilliseconds > 0) await sleep(pace.pauseMilliseconds, undefined, { signal: runner.signal });
    }
  } catch (error) {
    if (isInterruption(error) || isCallbackFailure(error)) throw error;
    throw new MigrationStopped(error, 0, 1, untouched);
  }
}

async function saveCursor(runner: Runner, migration: Migration, cursor: string): Promise<void> {
  await writeStep(runner.home, {
    migration: migration.key,
    statement: 0,
    checksum: String(migration.checksum),
    status: 'running',
    facts: { cursor, session: runner.home.session.id },
    actor: runner.actor,
  });
}
