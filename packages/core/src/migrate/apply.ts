import { phase } from '../progress.ts';
import type { Migration } from '../release/migration-file.ts';
import { applyData } from './apply-data.ts';
import { applySql } from './apply-sql.ts';
import type { Runner } from './runner.ts';

export interface AppliedNow {
  readonly version: string;
  readonly description: string;
  readonly milliseconds: number;
}

/** Runs one migration from where it stands until its history row is committed. */
export async function applyMigration(runner: Runner, migration: Migration): Promise<AppliedNow> {
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
