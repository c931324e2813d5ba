import { identifier, join, raw, sql } from '../database/sql.ts';
import type { MigrationContext } from '../migration.ts';
import { phase } from '../progress.ts';
import { loadDataMigration } from '../release/load-data-migration.ts';
import type { Migration } from '../release/migration-file.ts';
import { recordApplied } from '../state/history.ts';
import { clearSteps, readSteps, writeStep } from '../state/step.ts';
import type { Runner } from './runner.ts';
import { isInterruption, MigrationStopped } from './runner.ts';
import { withLockTimeout } from './with-lock-timeout.ts';

/**
 * Runs a TypeScript migration from its cursor. Each batch commits with the cursor behind it; the last one commits
 * with the check of the result and the history row. Throws MigrationStopped.
 */
export async function applyData(runner: Runner, migration: Migration): Promise<void> {
  const { home } = runner;
  const started = Date.now();
  const work = await loadDataMigration(migration);
  const context: MigrationContext = {
    session: home.session,
    family: home.dialect.family,
    sql,
    identifier,
    join,
    raw,
    log: (text) => void runner.onProgress?.({ kind: 'note', text }),
  };
  const [step] = await readSteps(home, migration.key);
  let cursor = step?.facts['cursor'] ?? null;
  let untouched = cursor === null;
  try {
    for (let more = true; more; untouched = false) {
      await runner.lock?.check();
      await phase(runner, 'migrate:batch');
      const batch = async (): Promise<string | null> => {
        const next = await work.batch(context, cursor);
        if (next === null) {
          await work.verify?.(context);
          await recordApplied(home, migration, Date.now() - started);
          await clearSteps(home, migration.key);
        } else {
          await saveCursor(runner, migration, next);
        }
        return next;
      };
      cursor = await withLockTimeout(runner, [], () => home.session.transaction(batch));
      more = cursor !== null;
    }
  } catch (error) {
    if (isInterruption(error)) throw error;
    throw new MigrationStopped(error, 0, 1, untouched);
  }
}

async function saveCursor(runner: Runner, migration: Migration, cursor: string): Promise<void> {
  await writeStep(runner.home, {
    migration: migration.key,
    statement: 0,
    checksum: String(migration.checksum),
    status: 'running',
    facts: { cursor },
    actor: runner.actor,
  });
}
