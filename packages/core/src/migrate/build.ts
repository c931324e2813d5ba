import type { Database } from '../database/database.ts';
import { LockstepError } from '../errors.ts';
import type { RunOptions } from '../progress.ts';
import { baselineOf, isBaseline, isHidden } from '../release/baseline.ts';
import type { Migration } from '../release/migration-file.ts';
import { defaultPace } from '../release/product.ts';
import type { Code } from '../release/releases.ts';
import type { AppliedMigration } from '../state/history.ts';
import { parseVersion } from '../release/version.ts';
import type { Shape } from '../shape/shape.ts';
import { insertState } from '../state/state.ts';
import { createOwnTables, homeOf } from '../state/tables.ts';
import { actor } from './actor.ts';
import { runCallbacks } from './callbacks.ts';
import { isCurrent } from './pending.ts';
import { applyAll, withNewHomes } from './apply.ts';
import { MigrationStopped } from './runner.ts';

/**
 * Runs migrations, and the callbacks around them, on a database whose own tables exist, without looking at phases.
 * Throws MIGRATION_FAILED and CALLBACK_FAILED.
 */
export async function buildWith(
  database: Database,
  code: Code,
  migrations: readonly Migration[],
  options: RunOptions,
): Promise<void> {
  const { callbacks } = code;
  const { schemas } = code.product;
  // Tables are empty or small here, and nobody else is at work.
  const pace = { ...defaultPace, lagSeconds: 0 };
  const runner = { ...options, database, schemas, pace, callbacks, actor: actor(), lock: undefined };
  let current: Migration | undefined;
  await withNewHomes(database, schemas, async (next) => {
    await runCallbacks(runner, 'beforeMigrate', next);
    await applyAll(runner, migrations, next, async (migration) => {
      options.signal?.throwIfAborted();
      current = migration;
    });
    await runCallbacks(runner, 'afterMigrate', next);
  }).catch((error: unknown) => {
    throw current && error instanceof MigrationStopped ? buildFailed(error, current) : error;
  });
}

function buildFailed(error: MigrationStopped, { key, script }: Migration): LockstepError {
  const details = { version: key, script, line: error.line, reason: error.message };
  const next =
    'The release was being made from nothing. Correct what keeps its migrations from running on an empty database.';
  return new LockstepError('MIGRATION_FAILED', { ...details, next }, { cause: error });
}

/** The error says that a release cannot be made from nothing. */
export function isBuildFailure(error: unknown): error is LockstepError {
  return error instanceof LockstepError && ['MIGRATION_FAILED', 'CALLBACK_FAILED'].includes(error.code);
}

/** The shape that a list of migrations makes, found by running them in a scratch database on the same server. */
export async function shapeOf(database: Database, code: Code, migrations: readonly Migration[]): Promise<Shape> {
  const scratch = await database.scratch();
  try {
    const { schemas } = code.product;
    const session = await scratch.database.session({ purpose: 'build', schemas });
    try {
      const home = homeOf(session, scratch.database.dialect, schemas);
      await createOwnTables(home);
      await insertState(home, code.product.name, 'migrating', {});
      await buildWith(scratch.database, code, migrations, {});
      return await session.describe(schemas);
    } finally {
      await session.close();
    }
  } finally {
    await scratch.drop();
  }
}

/**
 * The migrations of a history, in the order in which they ran, as this code has them. What a baseline stands for comes
 * first, as far as the code has it.
 * Throws BACKUP_OTHER_LIST when the code lacks one or has it with another checksum.
 */
export function migrationsOf(
  code: Code,
  applied: readonly Pick<AppliedMigration, 'key' | 'version' | 'type' | 'checksum' | 'script'>[],
): Migration[] {
  const baseline = baselineOf(applied);
  const hidden = code.migrations.filter(({ version }) => isHidden(version, baseline));
  const others = applied.filter(
    (row) => !isBaseline(row) && !isHidden(parseVersion(row.version ?? '') ?? null, baseline),
  );
  const found = others.map((row) => {
    const migration = code.migrations.find(({ key }) => key === row.key);
    if (migration && (row.checksum === null || isCurrent(migration, row))) return migration;
    const reason = migration ? `${row.script} has another checksum here` : `${row.script} is not in this code`;
    throw new LockstepError('BACKUP_OTHER_LIST', { reason });
  });
  return [...hidden, ...found];
}
