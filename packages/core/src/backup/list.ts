import { LockstepError } from '../errors.ts';
import type { Storage } from '../storage/storage.ts';
import { readManifestOnly } from './archive/reader.ts';

/** One backup of a storage, by its manifest alone. */
export interface ListedBackup {
  readonly file: string;
  readonly product: string;
  readonly release: string;
  readonly engine: string;
  /** ISO 8601 in UTC. */
  readonly takenAt: string;
  readonly bytes: number;
  readonly drifted: boolean;
  /** Whether somebody has proven that it restores; null: nobody has. */
  readonly proven: null;
  /** Why the file could not be read; null if it could. */
  readonly damage: string | null;
}

/** The backups of a storage, newest first. A file that cannot be read is listed with what is wrong with it. */
export async function listBackups(storage: Storage): Promise<ListedBackup[]> {
  const files = (await storage.list()).filter(({ name }) => name.endsWith('.sql.zst'));
  const listed: ListedBackup[] = [];
  for (const { name, size } of files) {
    const source = await storage.open(name);
    try {
      const { product, release, engine, takenAt, drifted } = await readManifestOnly(source);
      const { name: kind, version } = engine;
      listed.push({
        file: source.name,
        product,
        release,
        engine: `${kind} ${version}`,
        takenAt,
        bytes: size,
        drifted,
        proven: null,
        damage: null,
      });
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error;
      const unknown = { product: '', release: '', engine: '', takenAt: '', drifted: false, proven: null };
      listed.push({ file: source.name, ...unknown, bytes: size, damage: error.message });
    } finally {
      await source.close();
    }
  }
  return listed.toSorted((left, right) => (left.takenAt < right.takenAt ? 1 : -1));
}
