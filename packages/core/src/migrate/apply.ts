import type { Database, Lock, Session } from '../database/database.ts';
import { LockstepError } from '../errors.ts';
import { phase } from '../progress.ts';
import type { Migration } from '../release/migration-file.ts';
import type { Step } from '../state/step.ts';
import { readSteps } from '../state/step.ts';
import type { Home } from '../state/tables.ts';
import { homeOf } from '../state/tables.ts';
import { Ahead } from './ahead.ts';
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
 * reach the next, as it would not if the run were killed between the two. One that was left clean is taken as it is.
 */
export async function withNewHomes<T>(
  database: Database,
  schemas: readonly string[],
  work: (next: (isClean?: boolean) => Promise<Home>) => Promise<T>,
): Promise<T> {
  let session: Session | undefined;
  const next = async (isClean = false): Promise<Home> => {
    if (session && !isClean && !(await session.renew())) {
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

export interface AllApplied {
  readonly applied: readonly AppliedNow[];
  /** They have changed definitions and nothing else: no row has come or gone. */
  readonly onlyDefinitions: boolean;
}

/** Runs migrations one after the other, each from where it stands until its history row is committed. */
export async function applyAll(
  runner: Omit<Runner, 'home'>,
  migrations: readonly Migration[],
  next: (isClean?: boolean) => Promise<Home>,
  each: (migration: Migration) => Promise<void>,
): Promise<AllApplied> {
  const applied: AppliedNow[] = [];
  let onlyDefinitions = true;
  let known: readonly Step[] | undefined;
  let isClean = false;
  const ahead = new Ahead(runner.lock);
  for (const [index, migration] of migrations.entries()) {
    ahead.follow(migrations[index + 1]);
    const started = performance.now();
    const apply = async (): Promise<boolean> => {
      await each(migration);
      const own: Runner = { ...runner, home: await next(isClean) };
      // Nobody else writes steps while the lock is held, and nobody has written any in a scratch database.
      known ??= runner.lock ? await readSteps(own.home) : [];
      const steps = known.filter((step) => step.migration === migration.key);
      await phase(runner, 'migrate:begin', migration.key);
      if (migration.language === 'sql') return applySql({ ...own, ahead }, migration, steps);
      await applyData(own, migration, steps);
      return false;
    };
    isClean = await orLockLost(runner.lock, apply);
    await phase(runner, 'migrate:applied', migration.key);
    onlyDefinitions &&= isClean;
    const milliseconds = Math.round(performance.now() - started);
    applied.push({ version: migration.key, description: migration.description, milliseconds });
  }
  return { applied, onlyDefinitions };
}

/** That a connection is lost says less than that the lock has gone with it, as it does when the server dies. */
async function orLockLost<Result>(lock: Lock | undefined, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LockstepError && error.code === 'CONNECTION_LOST') await lock?.check();
    throw error;
  }
}
