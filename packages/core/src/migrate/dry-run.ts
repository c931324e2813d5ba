import type { Database } from '../database/database.ts';
import { withLock } from '../database/lock.ts';
import { contextOf } from '../data-migration/context.ts';
import { openSteps } from '../data-migration/steps.ts';
import { TrialSession } from '../data-migration/trial-session.ts';
import { LockstepError, reasonOf } from '../errors.ts';
import { note } from '../progress.ts';
import { databaseRelease } from '../release/database-release.ts';
import { loadDataMigration } from '../release/load-data-migration.ts';
import type { Migration } from '../release/migration-file.ts';
import type { Product } from '../release/product.ts';
import type { Code } from '../release/releases.ts';
import { findRelease, readCode } from '../release/releases.ts';
import { readHistory } from '../state/history.ts';
import { readState } from '../state/state.ts';
import type { Home } from '../state/tables.ts';
import { withHome } from '../state/tables.ts';
import { actor } from './actor.ts';
import { phaseRefused, refuseContents, refuseOther } from './adopt.ts';
import { refuseLiveServers } from './enter.ts';
import type { MigrateOptions } from './migrate.ts';
import { lockName } from './migrate.ts';
import { numberStatements } from './numbered-statement.ts';
import { pendingMigrations } from './pending.ts';
import { isInterruption } from './runner.ts';

export interface DryRunOptions extends MigrateOptions {
  /** Rows that a data migration is tried on: 1000 unless given. */
  readonly sample?: number | undefined;
}

export interface DryRunResult {
  readonly dryRun: true;
  /** Release of the database; null for an empty one. */
  readonly from: string | null;
  readonly to: string;
  /** What was run, in order, and then rolled back. */
  readonly tried: readonly TriedMigration[];
  /** What was not, and why. */
  readonly untried: readonly { readonly version: string; readonly description: string; readonly reason: string }[];
}

export interface TriedMigration {
  readonly version: string;
  readonly description: string;
  readonly milliseconds: number;
  /** Of a SQL migration. */
  readonly statements?: number;
  /** Of a data migration. */
  readonly data?: TriedData;
}

export interface TriedData {
  readonly batches: number;
  /** Null where only the migration knows. */
  readonly rowsRead: number | null;
  readonly rowsChanged: number;
  /** Rows in all, as the server guesses; null where only the migration knows. */
  readonly rowsExpected: number | null;
  /** It came to its end, and its own check was run too. */
  readonly complete: boolean;
}

/** Batches of a migration that says for itself what a batch is. */
const mostBatches = 20;
/** Whoever is at work must not queue behind it for long; in seconds. */
const lockSeconds = 5;

/**
 * Runs what is pending in one transaction and rolls it back: SQL as it stands, data migrations on a sample. It goes as
 * far as everything can be rolled back, and as long as nothing builds on data of which only a sample was worked on.
 *
 * Throws DRY_RUN_REFUSED where a data migration comes after something that cannot be rolled back, and before anything
 * was run; MIGRATION_FAILED, TABLE_UNFIT; and what `migrate` throws before it begins. LEASE_LIVE only where SQL would be
 * run: its locks would hold servers up.
 */
export async function dryRun(database: Database, product: Product, options: DryRunOptions = {}): Promise<DryRunResult> {
  const code = await readCode(product, database);
  const holder = `lockstep migrate --dry-run, release ${product.version}, ${actor()}`;
  return withLock(database, lockName(database, product), { ...options, holder }, () =>
    withHome(database, 'dry run', product.schemas, (home) => tryPending(home, code, options)),
  );
}

async function tryPending(home: Home, code: Code, options: DryRunOptions): Promise<DryRunResult> {
  const state = await readState(home);
  if (state) refuseOther(state, code);
  if (state && state.phase !== 'ready') throw phaseRefused(state);
  const applied = await readHistory(home, code.migrations);
  if (!state && applied.length === 0) await refuseContents(home, code);
  const to = findRelease(code, options.to ?? code.product.version).version;
  const pending = pendingMigrations(code, applied, to);
  const { possible, obstacle } = await possibleMigrations(home, pending);
  if (state && possible.some(({ language }) => language === 'sql')) await refuseLiveServers(home);

  const tried: TriedMigration[] = [];
  let sampled: string | undefined;
  await rolledBack(home, async () => {
    await home.session.limitLockWaits(lockSeconds);
    for (const migration of possible) {
      options.signal?.throwIfAborted();
      await note(options, `Trying ${migration.key} ${migration.description}`);
      const done = await tryMigration(home, code, migration, options);
      tried.push(done);
      sampled =
        done.data?.complete === false ? `only a sample of the rows was worked on in ${migration.key}` : undefined;
      if (sampled !== undefined) break;
    }
  });
  const untried = pending.slice(tried.length).map(({ key, description }) => {
    return { version: key, description, reason: sampled ?? obstacle ?? '' };
  });
  const from = applied.length === 0 ? null : databaseRelease(code, applied).name;
  return { dryRun: true, from, to, tried, untried };
}

/** The migrations up to the first that cannot be rolled back. Throws DRY_RUN_REFUSED if a data migration is behind it. */
async function possibleMigrations(
  home: Home,
  pending: readonly Migration[],
): Promise<{ readonly possible: readonly Migration[]; readonly obstacle: string | undefined }> {
  for (const [index, migration] of pending.entries()) {
    if (migration.language !== 'sql') continue;
    const statements = await numberStatements(home, migration);
    const lasting = statements.find(({ transactional }) => !transactional);
    if (!lasting) continue;
    const reason = `line ${lasting.line} of ${migration.script} cannot be rolled back`;
    const behind = pending.slice(index).find(({ language }) => language === 'typescript');
    if (!behind) return { possible: pending.slice(0, index), obstacle: reason };
    throw new LockstepError('DRY_RUN_REFUSED', { version: behind.key, reason: `${reason}, and has to run before it` });
  }
  return { possible: pending, obstacle: undefined };
}

async function tryMigration(
  home: Home,
  code: Code,
  migration: Migration,
  options: DryRunOptions,
): Promise<TriedMigration> {
  const started = performance.now();
  const told = { version: migration.key, description: migration.description };
  const took = (): number => Math.round(performance.now() - started);
  if (migration.language === 'sql') {
    const statements = await trySql(home, migration);
    return { ...told, milliseconds: took(), statements };
  }
  const data = await tryData(home, code, migration, options);
  return { ...told, milliseconds: took(), data };
}

async function trySql(home: Home, migration: Migration): Promise<number> {
  const statements = await numberStatements(home, migration);
  for (const { text, line } of statements) {
    try {
      await home.session.execute(text);
    } catch (error) {
      throw failed(migration, line, error);
    }
  }
  return statements.length;
}

async function tryData(home: Home, code: Code, migration: Migration, options: DryRunOptions): Promise<TriedData> {
  const { session, dialect } = home;
  const { batchMilliseconds } = code.product.dataMigrations;
  const sample = options.sample ?? 1000;
  const work = await loadDataMigration(migration);
  const trial = new TrialSession(session, dialect, migration.key);
  const context = contextOf(trial, dialect, options);
  try {
    const steps = await openSteps(work, { session, dialect, batchMilliseconds }, context, {});
    let batches = 0;
    let complete = false;
    let cursor: string | null = null;
    while (steps.rows === undefined ? batches < mostBatches : steps.rows < sample) {
      const begun = performance.now();
      cursor = await steps.batch(cursor, sample);
      await steps.committed(performance.now() - begun);
      complete = cursor === null;
      if (complete) break;
      batches += 1;
    }
    if (complete) await steps.verify();
    const { rows, expected } = steps;
    const rowsExpected = complete ? rows : expected;
    return {
      batches,
      rowsRead: rows ?? null,
      rowsChanged: trial.changed,
      rowsExpected: rowsExpected ?? null,
      complete,
    };
  } catch (error) {
    throw failed(migration, 1, error);
  }
}

/** Errors that say for themselves what is to be done. */
const ownErrors = ['TABLE_UNFIT', 'DRY_RUN_REFUSED', 'MIGRATION_UNREADABLE', 'MIGRATION_IMPORT_FORBIDDEN'];

function failed(migration: Migration, line: number, error: unknown): unknown {
  if (isInterruption(error) || (error instanceof LockstepError && ownErrors.includes(error.code))) return error;
  const details = { version: migration.key, script: migration.script, line, reason: reasonOf(error) };
  const next = 'It was a dry run: nothing was kept. Correct the migration.';
  return new LockstepError('MIGRATION_FAILED', { ...details, next }, { cause: error });
}

/** Works in a transaction that is rolled back in any case. */
async function rolledBack(home: Home, work: () => Promise<void>): Promise<void> {
  const end = new Error('rolled back');
  try {
    await home.session.transaction(async () => {
      await work();
      throw end;
    });
  } catch (error) {
    if (error !== end) throw error;
  }
}
