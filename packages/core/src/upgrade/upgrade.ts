import { backup } from '../backup/backup.ts';
import type { BackupSummary } from '../backup/summary.ts';
import { summaryOf } from '../backup/summary.ts';
import { verifyArchive } from '../backup/verify.ts';
import type { Archive } from '../backup/archive/reader.ts';
import { openArchive } from '../backup/archive/reader.ts';
import type { Database, Lock } from '../database/database.ts';
import { withLock } from '../database/lock.ts';
import { decrypted } from '../encryption/decrypting-source.ts';
import { requireOwnKey } from '../encryption/header.ts';
import type { Keys } from '../encryption/keys.ts';
import { LockstepError } from '../errors.ts';
import { actor } from '../migrate/actor.ts';
import { adopt, phaseRefused, refuseNewer } from '../migrate/adopt.ts';
import { findDrift } from '../migrate/drift.ts';
import { enterMigrating } from '../migrate/enter.ts';
import type { AppliedNow } from '../migrate/apply.ts';
import { lockName, migrateLocked } from '../migrate/migrate.ts';
import { pendingMigrations } from '../migrate/pending.ts';
import type { RunOptions } from '../progress.ts';
import { note, phase } from '../progress.ts';
import { databaseRelease } from '../release/database-release.ts';
import type { Product } from '../release/product.ts';
import type { Code } from '../release/releases.ts';
import { findRelease, readCode } from '../release/releases.ts';
import { compareReleases } from '../release/version.ts';
import type { AppliedMigration } from '../state/history.ts';
import { readHistory } from '../state/history.ts';
import { holdsOnlySeed } from '../state/seed.ts';
import type { State } from '../state/state.ts';
import { changeState, readState, refuseOtherProduct } from '../state/state.ts';
import { homeOf } from '../state/tables.ts';
import type { Home } from '../state/tables.ts';
import { openBackup } from '../storage/open-backup.ts';
import type { Storage } from '../storage/storage.ts';
import type { Comparison } from './compare.ts';
import { compareUpgrade } from './compare.ts';

export interface UpgradeOptions extends RunOptions {
  readonly to?: string | undefined;
  readonly waitSeconds?: number | undefined;
  /** To encrypt the backup; it takes an identity too, because the backup is read back. */
  readonly keys?: Keys | undefined;
  /** What takes the lock, for those that wait. */
  readonly purpose?: string | undefined;
}

export interface UpgradeResult {
  /** Null for a database that was empty. */
  readonly from: string | null;
  readonly to: string;
  /** Milliseconds spent waiting for another. */
  readonly waited: number;
  readonly applied: readonly AppliedNow[];
  /** The verified backup from before; null where there was no data to lose. */
  readonly backup: BackupSummary | null;
  readonly comparison: Comparison | null;
  /** Milliseconds of each step. */
  readonly steps: readonly { readonly name: string; readonly milliseconds: number }[];
}

/**
 * Upgrades a database to a release: checks, a verified backup, the migrations, and the proof that what no migration
 * declares to change is as it was. A database that holds no data of its own goes without backup and proof.
 *
 * Throws what `migrate` and `backup` throw; DATABASE_DRIFTED, and KEY_MISSING if it could not open the backup that it is
 * to take, before the first write; UNDECLARED_CHANGE at the end,
 * which leaves the database closed to servers. A killed upgrade goes on where it was, with the backup that it took.
 */
export async function upgrade(
  database: Database,
  product: Product,
  storage: Storage,
  options: UpgradeOptions = {},
): Promise<UpgradeResult> {
  const code = await readCode(product, database);
  const holder = `${options.purpose ?? 'lockstep upgrade'}, release ${product.version}, ${actor()}`;
  return withLock(database, lockName(database, product), { ...options, holder }, async (lock, waited) => {
    const result = await upgradeLocked(database, code, storage, lock, options);
    return { ...result, waited };
  });
}

async function upgradeLocked(
  database: Database,
  code: Code,
  storage: Storage,
  lock: Lock,
  options: UpgradeOptions,
): Promise<Omit<UpgradeResult, 'waited'>> {
  const watch = new Stopwatch();
  const to = findRelease(code, options.to ?? code.product.version).version;
  const session = await database.session({ purpose: 'upgrade', schemas: code.product.schemas });
  try {
    const home = homeOf(session, database.dialect, code.product.schemas);
    const applied = await readHistory(home, code.migrations);
    // Flyway's database is taken over first, so that there is something to back up and to compare with.
    const state = (await readState(home)) ?? (applied.length > 0 ? await adopt(home, code) : undefined);
    if (!state || applied.length === 0 || (await hasNothingToProve(database, code, state, applied, to))) {
      const result = await migrateLocked(database, code, lock, { ...options, to });
      watch.lap('migrate');
      return { ...result, backup: null, comparison: null, steps: watch.laps };
    }
    const from = state.detail['from'] ?? databaseRelease(code, applied).name;
    const saved = await saveBefore(database, home, code, state, applied, storage, options, watch);
    return await migrateAndProve(database, code, lock, { ...options, to }, from, saved, watch);
  } finally {
    await session.close();
  }
}

/** True where there is nothing to run, or only what the migrations themselves once put there. Throws for a bad phase. */
async function hasNothingToProve(
  database: Database,
  code: Code,
  state: State,
  applied: readonly AppliedMigration[],
  to: string,
): Promise<boolean> {
  const { product } = code;
  refuseOtherProduct(state, product.name);
  refuseNewer(state, code);
  if (state.phase !== 'ready' && state.phase !== 'migrating') throw phaseRefused(state);
  // A killed upgrade has its backup, and the proof is still due.
  if (state.detail['backup'] !== undefined) return false;
  if (compareReleases(databaseRelease(code, applied).base, to) > 0) return true;
  if (pendingMigrations(code, applied, to).length === 0) return true;
  if (state.phase === 'migrating') return state.detail['upgrade'] === undefined;
  return holdsOnlySeed(database, product.schemas, state.seed);
}

/** Shuts servers out and takes the backup, unless a run before this one has done so. Returns the backup's place. */
async function saveBefore(
  database: Database,
  home: Home,
  code: Code,
  state: State,
  applied: readonly AppliedMigration[],
  storage: Storage,
  options: UpgradeOptions,
  watch: Stopwatch,
): Promise<string> {
  const known = state.detail['backup'];
  if (known !== undefined) return known;
  const { product } = code;
  await note(options, 'Checking the database');
  const drift = await findDrift(database, code, await home.session.describe(product.schemas), applied);
  if (drift.drifted) {
    const differences = drift.differences
      .map(({ kind, name, what }) => `${kind} ${name} is ${what}`)
      .slice(0, 5)
      .join('; ');
    throw new LockstepError('DATABASE_DRIFTED', { release: databaseRelease(code, applied).name, differences });
  }
  if (options.keys) await requireOwnKey(options.keys.recipients, options.keys.identities);
  watch.lap('preflight');
  const from = databaseRelease(code, applied).name;
  await enterMigrating(home, { upgrade: 'backup', from, holder: actor() });
  await phase(options, 'upgrade:entered');
  await note(options, `Backing up release ${from}`);
  const summary = await backup(database, product, storage, { ...options, upgrading: true });
  watch.lap('backup');
  await withArchive(summary.file, options.keys, (archive) => verifyArchive(archive, database.dialect, options));
  watch.lap('verify');
  await changeState(home, {
    phase: 'migrating',
    detail: { upgrade: 'migrate', from, backup: summary.file, holder: actor() },
  });
  await phase(options, 'upgrade:saved');
  return summary.file;
}

async function migrateAndProve(
  database: Database,
  code: Code,
  lock: Lock,
  options: UpgradeOptions & { readonly to: string },
  from: string,
  saved: string,
  watch: Stopwatch,
): Promise<Omit<UpgradeResult, 'waited'>> {
  return withArchive(saved, options.keys, async (archive) => {
    let comparison: Comparison | null = null;
    const result = await migrateLocked(database, code, lock, {
      ...options,
      detail: { upgrade: 'migrate', from, backup: saved },
      prove: async (home) => {
        watch.lap('migrate');
        await phase(options, 'upgrade:compare');
        await note(options, 'Comparing with the backup');
        const before = new Set(archive.contents.manifest.applied.map((row) => row.script));
        const changes = [...code.migrations.filter(({ script }) => !before.has(script)), ...code.callbacks].flatMap(
          (script) => script.changes,
        );
        comparison = await compareUpgrade(database, code.product.schemas, archive, changes, options);
        watch.lap('compare');
        if (comparison.undeclared.length === 0) return;
        const next = `The database stays closed to servers. To go back: restore ${archive.name} into an empty database with the code of release ${from}. To accept the change: \`lockstep resolve comparison --applied\`.`;
        const error = new LockstepError('UNDECLARED_CHANGE', { changes: comparison.undeclared.join('; '), next });
        const detail = { migration: 'comparison', statement: '0', message: error.message, backup: saved, from };
        await changeState(home, { phase: 'failed', detail });
        throw error;
      },
    });
    return {
      ...result,
      from,
      backup: summaryOf(archive.name, archive.contents, archive.size),
      comparison,
      steps: watch.laps,
    };
  });
}

async function withArchive<T>(
  place: string,
  keys: Keys | undefined,
  work: (archive: Archive) => Promise<T>,
): Promise<T> {
  const source = await openBackup(place);
  try {
    return await work(await openArchive(await decrypted(source, keys?.identities ?? [])));
  } finally {
    await source.close();
  }
}

class Stopwatch {
  readonly laps: { readonly name: string; readonly milliseconds: number }[] = [];
  #last = performance.now();

  lap(name: string): void {
    const now = performance.now();
    this.laps.push({ name, milliseconds: Math.round(now - this.#last) });
    this.#last = now;
  }
}
