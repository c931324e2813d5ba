import type { Identity } from '../encryption/keys.ts';
import { LockstepError } from '../errors.ts';
import { inParallel } from '../parallel.ts';
import type { Storage, StoredFile } from '../storage/storage.ts';
import { readFacts } from './facts.ts';
import { isBackupName, readBackupName } from './name.ts';
import type { ProofFacts } from './proof.ts';
import { proofFacts, proofName, readProof } from './proof.ts';
import { encryptedEnding } from './sidecar.ts';

/** One backup of a storage, by its first and last bytes and what lies beside it. */
export interface ListedBackup {
  readonly file: string;
  readonly product: string;
  readonly release: string;
  readonly engine: string;
  /** ISO 8601 in UTC. */
  readonly takenAt: string;
  readonly bytes: number;
  readonly drifted: boolean;
  readonly encrypted: boolean;
  /** Who has proven that it restores, and when; null: nobody has. */
  readonly proven: ProofFacts | null;
  /** Why it is of no use: it cannot be read, or its restore failed. Null: nothing is known against it. */
  readonly damage: string | null;
}

/** A backup together with its name in the storage. */
export interface StoredBackup extends ListedBackup {
  readonly name: string;
}

/** Files that are looked at side by side: each takes a few round trips to a remote storage. */
const sideBySide = 8;

/**
 * The backups of a storage, newest first. A file that cannot be read is listed with what is wrong with it, by what its
 * name says. An encrypted one is listed by its sidecar; where one of the identities opens it, the sidecar is compared
 * with what is inside.
 */
export async function listBackups(storage: Storage, identities: readonly Identity[] = []): Promise<ListedBackup[]> {
  return (await storedBackups(storage, identities)).map(({ name: _, ...listed }) => listed);
}

/** The same with the names that the files have in the storage. */
export async function storedBackups(storage: Storage, identities: readonly Identity[] = []): Promise<StoredBackup[]> {
  const files = await storage.list();
  const names = new Set(files.map(({ name }) => name));
  const backups = files.filter(({ name }) => isBackupName(name));
  const found = await inParallel(sideBySide, backups, (file) => look(storage, file, names, identities));
  return found.flatMap((one) => one ?? []).toSorted(newestFirst);
}

/** Undefined for a file that was removed meanwhile. */
async function look(
  storage: Storage,
  { name, size }: StoredFile,
  names: ReadonlySet<string>,
  identities: readonly Identity[],
): Promise<StoredBackup | undefined> {
  let place = name;
  const encrypted = name.endsWith(encryptedEnding);
  try {
    const source = await storage.open(name);
    place = source.name;
    try {
      const { product, release, engine, takenAt, drifted, fileRoot } = await readFacts(
        storage,
        source,
        name,
        identities,
      );
      const proof = names.has(proofName(name)) ? await readProof(storage, name, fileRoot) : undefined;
      return {
        name,
        file: place,
        product,
        release,
        engine,
        takenAt,
        bytes: size,
        drifted,
        encrypted,
        proven: proof?.result === 'proven' ? proofFacts(proof) : null,
        damage:
          proof?.result === 'failed' ? `its restore failed on ${proof.at}: ${proof.reason ?? 'no reason given'}` : null,
      };
    } finally {
      await source.close();
    }
  } catch (error) {
    if (!(error instanceof LockstepError) || !isAboutTheFile(error)) throw error;
    if (error.code === 'BACKUP_MISSING') return undefined;
    const said = readBackupName(name) ?? { product: '', release: '', takenAt: '' };
    const unknown = { engine: '', drifted: false, encrypted, proven: null };
    return { name, file: place, ...said, ...unknown, bytes: size, damage: error.message };
  }
}

/** A storage that cannot be reached must not look like one full of damaged files. */
function isAboutTheFile(error: LockstepError): boolean {
  return ['BACKUP_MISSING', 'FILE_DAMAGED', 'FILE_FOREIGN', 'FORMAT_NEWER'].includes(error.code);
}

function newestFirst(left: StoredBackup, right: StoredBackup): number {
  if (left.takenAt !== right.takenAt) return left.takenAt < right.takenAt ? 1 : -1;
  return left.name < right.name ? 1 : -1;
}
