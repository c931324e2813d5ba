import type { Database, Session } from '../database/database.ts';
import { phase } from '../progress.ts';
import type { Migration } from '../release/migration-file.ts';
import type { Home } from '../state/tables.ts';
import { homeOf } from '../state/tables.ts';
import { applyData } from './apply-data.ts';
import { applySql } from './apply-sql.ts';
import type { Runner } from './runner.ts';

export interface AppliedNow {
  readonly version: string;
  readonly description: string;
  readonly milliseconds: number;
}

/**
 * Works on connections of its own. `next` gives one as new for each migration: what one migration sets there does not
 * reach the next, as it would not if the run were killed between the two.
 */
export async function withNewHomes<T>(
  database: Database,
  schemas: readonly string[],
  work: (next: () => Promise<Home>) => Promise<T>,
): Promise<T> {
  let session: Session | undefined;
  const next = async (): Promise<Home> => {
    if (session && !(await session.renew())) {
      await session.close();
      session = undefined;
    }
    session ??= await database.session({ purpose: 'migrate', schemas });
    return homeOf(session, database.dialect, schemas);
  };
  try {
    return await work(next);
  } finally {
    await session?.close();
  }
}

/** Runs one migration from where it stands until its history row is committed. */
export async function apply(runner: Runner, migration: Migration): Promise<AppliedNow> {
  const started = performance.now();
  await phase(runner, 'migrate:begin', migration.key);
  if (migration.language === 'sql') await applySql(runner, migration);
  else await applyData(runner, migration);
  await phase(runner, 'migrate:applied', migration.key);
  return {
    version: migration.key,
    description: migration.description,
    milliseconds: Math.round(performance.now() - started),
  };
}
