import type { Database } from '../database/database.ts';
import { phase } from '../progress.ts';
import type { Migration } from '../release/migration-file.ts';
import { withHome } from '../state/tables.ts';
import { applyData } from './apply-data.ts';
import { applySql } from './apply-sql.ts';
import type { Runner } from './runner.ts';

export interface AppliedNow {
  readonly version: string;
  readonly description: string;
  readonly milliseconds: number;
}

/**
 * Runs one migration from where it stands until its history row is committed. It has a connection of its own: what it
 * sets there does not reach the next migration, as it would not if the run were killed between the two.
 */
export async function applyOnItsOwn(
  database: Database,
  runner: Omit<Runner, 'home' | 'database'>,
  migration: Migration,
): Promise<AppliedNow> {
  return withHome(database, 'migrate', runner.schemas, (home) => apply({ ...runner, home, database }, migration));
}

async function apply(runner: Runner, migration: Migration): Promise<AppliedNow> {
  const started = performance.now();
  await phase(runner, 'migrate:begin');
  if (migration.language === 'sql') await applySql(runner, migration);
  else await applyData(runner, migration);
  await phase(runner, 'migrate:applied');
  return {
    version: migration.key,
    description: migration.description,
    milliseconds: Math.round(performance.now() - started),
  };
}
