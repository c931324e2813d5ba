import { LockstepError } from '../errors.ts';
import type { RunOptions } from '../progress.ts';
import type { Storage, StoredFile } from '../storage/storage.ts';
import type { ListedBackup, StoredBackup } from './list.ts';
import { storedBackups } from './list.ts';
import { isBackupName } from './name.ts';
import { besideOf } from './beside.ts';
import type { NeededBackup } from './needed-backup.ts';
import type { KeepRules } from './retention.ts';
import { planRetention, requireRule } from './retention.ts';

export interface PruneOptions extends RunOptions {
  readonly product: string;
  /** None: only the damaged files that are named are removed. */
  readonly keep?: KeepRules | undefined;
  /** What the database needs, as `neededBackup` tells. */
  readonly needed?: NeededBackup | undefined;
  /** Damaged backups to remove, by their names in the storage. */
  readonly damaged?: readonly string[] | undefined;
  /** Only tell what would be done. */
  readonly dryRun?: boolean | undefined;
}

export interface PruneResult {
  readonly kept: readonly (ListedBackup & { readonly why: readonly string[] })[];
  readonly removed: readonly ListedBackup[];
  /** Of no use, and left where they are: nobody named them. */
  readonly damaged: readonly ListedBackup[];
  /** What lay beside backups that are gone. */
  readonly orphans: readonly string[];
}

/** What lies beside no backup is left alone for so long: its backup may be about to get its name. Milliseconds. */
const orphanAge = 3_600_000;

/**
 * Removes the backups of a product that no rule keeps, each with its sidecar and its proof. Backups of other products
 * are left alone, damaged ones too unless they are named, and what the database needs in any case.
 * Throws KEEP_RULE_MISSING, TIME_ZONE_UNKNOWN, BACKUP_MISSING, BACKUP_NEEDED, and BACKUP_SOUND for a named file that is
 * not damaged.
 */
export async function prune(storage: Storage, options: PruneOptions): Promise<PruneResult> {
  const { product, keep, needed, damaged: named = [], dryRun = false } = options;
  if (keep || named.length === 0) requireRule(keep ?? {});
  const backups = await storedBackups(storage);
  const condemned = named.map((name) => damagedBackup(backups, storage, name, needed));
  const own = backups.filter((backup) => backup.product === product);
  const plan = keep
    ? planRetention(own, keep, needed)
    : {
        keep: own.map((backup) => ({ backup, why: [] })),
        remove: [],
        damaged: own.filter(({ damage }) => damage !== null),
      };
  const removed = [...condemned, ...plan.remove];
  const orphans = keep ? orphansIn(await storage.list(), new Date()) : [];
  if (!dryRun) {
    for (const { name } of removed) {
      options.signal?.throwIfAborted();
      // The backup first: what lies beside it is of no use alone, and is found by the next run.
      for (const file of [name, ...besideOf(name)]) await storage.remove(file);
    }
    for (const name of orphans) await storage.remove(name);
  }
  return {
    kept: plan.keep
      .filter(({ backup }) => backup.damage === null)
      .map(({ backup, why }) => ({ ...listed(backup), why })),
    removed: removed.map(listed),
    damaged: plan.damaged.filter((backup) => !condemned.includes(backup)).map(listed),
    orphans,
  };
}

function damagedBackup(
  backups: readonly StoredBackup[],
  storage: Storage,
  named: string,
  needed: NeededBackup | undefined,
): StoredBackup {
  const found = backups.find(({ name, file }) => name === named || file === named);
  if (!found) throw new LockstepError('BACKUP_MISSING', { file: `${storage.location}/${named}` });
  if (found.damage === null) throw new LockstepError('BACKUP_SOUND', { file: found.file });
  if (found.name === needed?.name) throw new LockstepError('BACKUP_NEEDED', { file: found.file, why: needed.why });
  return found;
}

/** Sidecars and proofs whose backup is gone. */
function orphansIn(files: readonly StoredFile[], now: Date): string[] {
  const names = new Set(files.map(({ name }) => name));
  const old = files.filter(({ modifiedAt }) => now.getTime() - modifiedAt.getTime() > orphanAge);
  return old.flatMap(({ name }) => {
    const backup = name.replace(/(\.proof)?\.json$/, '');
    return backup !== name && isBackupName(backup) && !names.has(backup) ? [name] : [];
  });
}

function listed({ name: _, ...rest }: StoredBackup): ListedBackup {
  return rest;
}
