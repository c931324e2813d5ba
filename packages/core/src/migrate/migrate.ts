import type { Database, Lock, LockName } from '../database/database.ts';
import { withLock } from '../database/lock.ts';
import { LockstepError, reasonOf } from '../errors.ts';
import type { RunOptions } from '../progress.ts';
import { note, phase } from '../progress.ts';
import { databaseRelease } from '../release/database-release.ts';
import type { Migration } from '../release/migration-file.ts';
import type { Product } from '../release/product.ts';
import type { Code } from '../release/releases.ts';
import { findRelease, readCode } from '../release/releases.ts';
import { compareReleases } from '../release/version.ts';
import { readHistory } from '../state/history.ts';
import { holdsOnlySeed, readSeed } from '../state/seed.ts';
import type { State } from '../state/state.ts';
import { changeState } from '../state/state.ts';
import type { Home } from '../state/tables.ts';
import { homeOf } from '../state/tables.ts';
import { actor } from './actor.ts';
import { adopt, phaseRefused } from './adopt.ts';
import type { AllApplied, AppliedNow } from './apply.ts';
import { applyAll, withNewHomes } from './apply.ts';
import { runCallbacks } from './callbacks.ts';
import { enterMigrating } from './enter.ts';
import { settleFailure } from './failure.ts';
import { waitForOrphans } from './orphan.ts';
import { pendingMigrations } from './pending.ts';
import type { Runner } from './runner.ts';
import { isInterruption } from './runner.ts';

export interface MigrateOptions extends RunOptions {
  /** The release to go to; the code's own one unless given. */
  readonly to?: string | undefined;
  /** Seconds to wait for another that migrates. */
  readonly waitSeconds?: number | undefined;
  /** What takes the lock, for those that wait: `lockstep migrate`. */
  readonly purpose?: string | undefined;
}

export interface MigrateResult {
  /** Release before; null for an empty database. */
  readonly from: string | null;
  readonly to: string;
  /** Milliseconds spent waiting for another. */
  readonly waited: number;
  readonly applied: readonly AppliedNow[];
}

/** The lock of a product in a database. It has Flyway's name, so a Flyway at work is shut out as well. */
export function lockName(database: Database, product: Product): LockName {
  return { schema: database.dialect.homeSchema(product.schemas), table: 'flyway_schema_history' };
}

/**
 * Brings a database to a release by running what is pending, one at a time over all processes.
 *
 * Throws RELEASE_UNKNOWN, RELEASE_NOT_AHEAD, DATABASE_NEWER, DATABASE_NOT_ADOPTED, OTHER_PRODUCT, LEASE_LIVE,
 * PHASE_REFUSED, CHECKSUM_MISMATCH, MIGRATION_FAILED, MIGRATION_UNRESOLVED, LOCK_TIMEOUT.
 *
 * @example
 * const result = await migrate(database, await loadProduct(source));
 * console.log(result.to, result.applied.length);
 */
export async function migrate(
  database: Database,
  product: Product,
  options: MigrateOptions = {},
): Promise<MigrateResult> {
  const code = await readCode(product, database);
  const holder = `${options.purpose ?? 'lockstep migrate'}, release ${product.version}, ${actor()}`;
  return withLock(database, lockName(database, product), { ...options, holder }, async (lock, waited) => {
    const result = await migrateLocked(database, code, lock, options);
    return { ...result, waited };
  });
}

export interface LockedOptions extends MigrateOptions {
  /** What to write beside the phase while it lasts. */
  readonly detail?: Readonly<Record<string, string>> | undefined;
  /** Looks at the result before the database is opened to servers again. What it throws keeps it closed. */
  readonly prove?: ((home: Home) => Promise<void>) | undefined;
}

/** The same for a caller that holds the lock. */
export async function migrateLocked(
  database: Database,
  code: Code,
  lock: Lock,
  options: LockedOptions,
): Promise<Omit<MigrateResult, 'waited'>> {
  const { product } = code;
  const to = findRelease(code, options.to ?? product.version).version;
  const session = await database.session({ purpose: 'migrate', schemas: product.schemas });
  try {
    const home = homeOf(session, database.dialect, product.schemas);
    const state = await adopt(home, code);
    // What an upgrade has begun ends with its proof.
    const isUpgrade = state.phase === 'migrating' && state.detail['upgrade'] !== undefined;
    if (isUpgrade && !options.prove) throw phaseRefused(state);
    // The commit of a migration may still be on its way.
    if (state.phase === 'migrating') await waitForOrphans(options, home);
    const applied = await readHistory(home, code.migrations);
    const release = databaseRelease(code, applied);
    const from = applied.length === 0 ? null : release.name;
    if (compareReleases(release.base, to) > 0) {
      throw new LockstepError('RELEASE_NOT_AHEAD', { found: release.name, needed: to });
    }
    const pending = pendingMigrations(code, applied, to);
    for (const text of code.notes) await note(options, text);
    const runner: Runner = {
      ...options,
      home,
      database,
      schemas: product.schemas,
      pace: product.dataMigrations,
      callbacks: code.callbacks,
      actor: actor(),
      lock,
    };
    if (pending.length === 0) {
      await runAll(runner, code, []);
      // A run before this one may have been killed when everything was applied.
      const finishes = state.phase === 'migrating' && state.detail['seeded'] === 'true';
      const seed = finishes ? await readSeed(database, product.schemas, options) : undefined;
      await options.prove?.(home);
      if (state.phase !== 'ready' || state.release !== release.name) {
        await phase(options, 'migrate:finish');
        await becomeReady(home, code, seed);
      }
      return { from, to: release.name, applied: [] };
    }
    // A run that goes on where another was killed has to believe it: half-done migrations have left rows of their own.
    const known = state.phase === 'migrating' ? state.detail['seeded'] : undefined;
    const seeded = known === undefined ? await holdsOnlySeed(database, product.schemas, state.seed) : known === 'true';
    const { backup } = state.detail;
    const detail = {
      from: from ?? 'empty',
      to,
      seeded: String(seeded),
      holder: actor(),
      ...(backup === undefined ? {} : { backup }),
      ...options.detail,
    };
    await enterMigrating(home, detail);
    await phase(options, 'migrate:entered');
    const done = await runAll(runner, code, pending);
    // A database without rows still has none when only definitions have changed.
    const wasEmpty = known === undefined && state.seed.length === 0;
    const hasNoRows = wasEmpty && done.onlyDefinitions && code.callbacks.length === 0;
    const seed = seeded ? (hasNoRows ? [] : await readSeed(database, product.schemas, options)) : undefined;
    await options.prove?.(home);
    await phase(options, 'migrate:finish');
    const reached = await becomeReady(home, code, seed);
    return { from, to: reached, applied: done.applied };
  } finally {
    await session.close();
  }
}

/** Runs migrations with the callbacks around them, which run where nothing is pending as well. */
async function runAll(runner: Runner, code: Code, pending: readonly Migration[]): Promise<AllApplied> {
  return withNewHomes(runner.database, runner.schemas, async (next) => {
    // What fails before the first migration leaves the database as it was for that one.
    let current = pending[0];
    try {
      await runCallbacks(runner, 'beforeMigrate', next);
      const done = await applyAll(runner, pending, next, async (migration) => {
        current = migration;
        await note(runner, `Migrating to ${migration.key} ${migration.description}`);
      });
      current = undefined;
      await runCallbacks(runner, 'afterMigrate', next);
      return done;
    } catch (error) {
      if (isInterruption(error)) throw error;
      const settled = current ? await settleFailure(runner, code, current, error) : error;
      await tellOfFailure(runner, next);
      throw settled;
    }
  });
}

/** The callbacks of a failure. What goes wrong in them does not hide the failure itself. */
async function tellOfFailure(runner: Runner, next: () => Promise<Home>): Promise<void> {
  try {
    await runCallbacks(runner, 'afterMigrateError', next);
  } catch (error) {
    await note(runner, reasonOf(error));
  }
}

async function becomeReady(home: Home, code: Code, seed: State['seed'] | undefined): Promise<string> {
  const release = databaseRelease(code, await readHistory(home, code.migrations)).name;
  await changeState(home, { phase: 'ready', release, ...(seed ? { seed } : {}) });
  return release;
}
