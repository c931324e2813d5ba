import { LockstepError } from '../errors.ts';
import type { Migration } from '../release/migration-file.ts';
import { readSteps, writeStep } from '../state/step.ts';
import type { Runner } from './runner.ts';
import { timeFact } from './text-to-run.ts';

/**
 * Writes down that a migration begins, or goes on, and on which connection: whoever comes after a crash knows what was
 * at work, and waits for what still is. Throws MIGRATION_EDITED for a data migration whose file has changed since its
 * first batch.
 */
export async function writeIntent(runner: Runner, migration: Migration): Promise<void> {
  const { home, actor } = runner;
  const known = (await readSteps(home, migration.key)).find(({ statement }) => statement === 0);
  const checksum = String(migration.checksum);
  const cursor = known?.facts['cursor'];
  if (cursor !== undefined && known?.checksum !== null && known?.checksum !== checksum) {
    throw new LockstepError('MIGRATION_EDITED', {
      version: migration.key,
      script: migration.script,
      reason: `it has gone as far as the cursor ${cursor}`,
    });
  }
  const facts = { ...known?.facts, ...(await timeFact(home, migration)), session: home.session.id };
  await writeStep(home, { migration: migration.key, statement: 0, checksum, status: 'running', facts, actor });
}
