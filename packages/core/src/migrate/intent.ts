import type { Sql } from '../database/sql.ts';
import { LockstepError } from '../errors.ts';
import type { Migration } from '../release/migration-file.ts';
import type { NewStep, Step } from '../state/step.ts';
import { newSteps, writeStep } from '../state/step.ts';
import type { Home } from '../state/tables.ts';
import type { Runner } from './runner.ts';
import { timeFact } from './text-to-run.ts';

/**
 * What is written down before a migration begins, or goes on: that it does, and on which connection. Whoever comes after
 * a crash knows what was at work, and waits for what still is. `known` is what earlier runs have written. Throws
 * MIGRATION_EDITED for a data migration whose file has changed since its first batch.
 */
export async function intentOf(runner: Runner, migration: Migration, known: readonly Step[]): Promise<NewStep> {
  const { home, actor } = runner;
  const before = known.find(({ statement }) => statement === 0);
  const checksum = String(migration.checksum);
  const cursor = before?.facts['cursor'];
  if (cursor !== undefined && before?.checksum !== null && before?.checksum !== checksum) {
    throw new LockstepError('MIGRATION_EDITED', {
      version: migration.key,
      script: migration.script,
      reason: `it has gone as far as the cursor ${cursor}`,
    });
  }
  const facts = { ...before?.facts, ...(await timeFact(home, migration, known)), session: home.session.id };
  return { migration: migration.key, statement: 0, checksum, status: 'running', facts, actor };
}

/**
 * Writes intents by one commit where none of them replaces an earlier one. That of a statement that stands alone has to
 * be on disk before it begins: what such a statement does need not wait for the log.
 */
export async function writeIntents(home: Home, intents: readonly NewStep[], known: readonly Step[]): Promise<void> {
  for (const statement of newIntents(home, intents, known)) await home.session.run(statement);
  if (hasBegun(known)) for (const intent of intents) await writeStep(home, intent);
}

/** The statement that does where nothing has been written of the migration; otherwise none. */
export function newIntents(home: Home, intents: readonly NewStep[], known: readonly Step[]): Sql[] {
  if (intents.length === 0 || hasBegun(known)) return [];
  return [newSteps(home, intents, { waits: intents.some(({ statement }) => statement > 0) })];
}

function hasBegun(known: readonly Step[]): boolean {
  return known.some(({ statement }) => statement >= 0);
}
