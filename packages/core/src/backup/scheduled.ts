import type { Database } from '../database/database.ts';
import { decrypted } from '../encryption/decrypting-source.ts';
import type { Keys } from '../encryption/keys.ts';
import { LockstepError, reasonOf } from '../errors.ts';
import type { RunOptions } from '../progress.ts';
import { note } from '../progress.ts';
import type { Product } from '../release/product.ts';
import { proveBackup } from '../restore/prove.ts';
import type { BackupClaim } from '../state/backup-run.ts';
import { claimBackup, databaseTime, dropClaim, endClaim, readBackupRuns } from '../state/backup-run.ts';
import type { Home } from '../state/tables.ts';
import { withHome } from '../state/tables.ts';
import { storageOf } from '../storage/beside.ts';
import type { Storage } from '../storage/storage.ts';
import { openArchive } from './archive/reader.ts';
import { backup } from './backup.ts';
import { keepClaim } from './keep-claim.ts';
import type { ListedBackup } from './list.ts';
import { listBackups } from './list.ts';
import { recordProof } from './proof.ts';
import { prune } from './prune.ts';
import type { KeepRules } from './retention.ts';

export interface ScheduledBackupOptions extends RunOptions {
  /** The time that it is for, by the database's clock. A sound backup from then on will do. */
  readonly due: Date;
  /** The server that asks: it may only while the database is what it started with. */
  readonly server: { readonly release: string; readonly epoch: bigint };
  /** Seconds to leave between a backup that failed and the next one. */
  readonly retrySeconds: number;
  /** Restore it into a scratch database afterwards, and record the proof. */
  readonly prove?: boolean | undefined;
  /** Whom it is encrypted to, and what opens it to be proven. */
  readonly keys?: Keys | undefined;
  /** Prune by these rules afterwards. */
  readonly keep?: KeepRules | undefined;
}

export type ScheduledBackup =
  | { readonly kind: 'taken'; readonly file: string }
  /** Somebody has taken it already. */
  | { readonly kind: 'there' }
  /** Another is at it, or it has just failed. */
  | { readonly kind: 'wait'; readonly seconds: number };

/** How long to wait for another that is at work before looking again, in seconds. */
const lookAgain = 5;

/**
 * Takes the backup that is due, unless somebody has: of all servers of a database, one does it. What came out is
 * recorded in the database, for `info` and for the metrics of every server. Stopped by the signal, it leaves nothing
 * behind, and the next server may take the backup at once.
 * Throws what `backup`, `proveBackup` and `prune` throw, BACKUP_NOT_PROVEN, and EPOCH_CHANGED.
 */
export async function scheduledBackup(
  database: Database,
  product: Product,
  storage: Storage,
  options: ScheduledBackupOptions,
): Promise<ScheduledBackup> {
  const inHome = <T>(work: (home: Home) => Promise<T>): Promise<T> =>
    withHome(database, 'backup schedule', product.schemas, work);
  const before = await inHome((home) => look(home, options));
  if (before) return before;
  const claim = await inHome((home) => claimBackup(home, options.server));
  if (!claim) return { kind: 'wait', seconds: lookAgain };
  // Another may have ended between the look and the claim. Nobody begins one from here on.
  const after = await inHome((home) => look(home, options, claim));
  if (!after) return takeClaimed(database, product, storage, claim, options);
  await inHome((home) => dropClaim(home, claim));
  return after;
}

async function takeClaimed(
  database: Database,
  product: Product,
  storage: Storage,
  claim: BackupClaim,
  options: ScheduledBackupOptions,
): Promise<ScheduledBackup> {
  const keeper = keepClaim(database, product.schemas, claim, options.signal);
  const end = (result: Parameters<typeof endClaim>[2] | undefined): Promise<void> =>
    withHome(database, 'backup schedule', product.schemas, (home) =>
      result ? endClaim(home, claim, result) : dropClaim(home, claim),
    );
  try {
    const result = await takeAndCheck(database, product, storage, { ...options, signal: keeper.signal });
    await keeper.end();
    await end(result);
    return result.isNew ? { kind: 'taken', file: result.file } : { kind: 'there' };
  } catch (error) {
    await keeper.end();
    // Stopped, it has not failed.
    await end(options.signal?.aborted ? undefined : { reason: inWords(error) });
    throw error;
  }
}

/** The backup that is due, with all that is asked for. What a run that was cut off, or somebody's own backup, lacks is made up for. */
async function takeAndCheck(
  database: Database,
  product: Product,
  storage: Storage,
  options: ScheduledBackupOptions,
): Promise<{ readonly file: string; readonly bytes: number; readonly isNew: boolean }> {
  const stored = await findStored(storage, product, options.due);
  if (!stored) await note(options, `Taking the backup that was due at ${options.due.toISOString()}`);
  const { file, bytes } = stored ?? (await backup(database, product, storage, options));
  if (options.prove && !stored?.proven) await prove(database, product, storage, file, options);
  if (options.keep) await prune(storage, { product: product.name, keep: options.keep, signal: options.signal });
  return { file: storageOf(file).name, bytes, isNew: !stored };
}

async function prove(
  database: Database,
  product: Product,
  storage: Storage,
  file: string,
  options: ScheduledBackupOptions,
): Promise<void> {
  const { name } = storageOf(file);
  const source = await storage.open(name);
  try {
    const archive = await openArchive(await decrypted(source, options.keys?.identities ?? []));
    const proof = await proveBackup(database, product, archive, options);
    await recordProof(storage, name, proof);
    if (proof.result === 'failed') throw new LockstepError('BACKUP_NOT_PROVEN', { file, reason: proof.reason ?? '' });
  } finally {
    await source.close();
  }
}

/** Why there is nothing to do now; undefined if the backup is to be taken. */
async function look(
  home: Home,
  { due, retrySeconds }: ScheduledBackupOptions,
  own?: BackupClaim,
): Promise<ScheduledBackup | undefined> {
  const { running, done, failed } = await readBackupRuns(home);
  if (done && Date.parse(done.startedAt) >= due.getTime()) return { kind: 'there' };
  if (running && !own) return { kind: 'wait', seconds: lookAgain };
  if (!failed || Date.parse(failed.startedAt) < due.getTime()) return undefined;
  const age = ((await databaseTime(home)).getTime() - Date.parse(failed.seenAt)) / 1000;
  return age < retrySeconds ? { kind: 'wait', seconds: retrySeconds - age } : undefined;
}

/** The newest sound backup since then: one that somebody has taken by hand will do. */
async function findStored(storage: Storage, product: Product, due: Date): Promise<ListedBackup | undefined> {
  return (await listBackups(storage)).find(
    (one) => one.product === product.name && one.damage === null && Date.parse(one.takenAt) >= due.getTime(),
  );
}

function inWords(error: unknown): string {
  return error instanceof LockstepError ? `${error.code}: ${error.message}` : reasonOf(error);
}
