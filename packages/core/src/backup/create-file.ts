import { encryptingSink } from '../encryption/encrypting-sink.ts';
import type { Recipient } from '../encryption/keys.ts';
import type { Sink, Storage } from '../storage/storage.ts';
import type { Manifest } from './archive/manifest.ts';
import type { TableOfContents } from './archive/table-of-contents.ts';
import { clearFacts, encryptedEnding, putSidecar } from './sidecar.ts';

/** The file of a backup that is being taken. */
export interface BackupFile extends Pick<Sink, 'place' | 'write' | 'abandon'> {
  /** Gives the file its name, and an encrypted one its sidecar. Throws what `publish` of a sink throws. */
  publish(contents: TableOfContents): Promise<void>;
}

/**
 * Begins the file of a backup. With recipients it is encrypted.
 * Throws BACKUP_EXISTS, RECIPIENT_INVALID, STORAGE_FAILED.
 */
export async function createFile(
  storage: Storage,
  manifest: Manifest,
  recipients: readonly Recipient[] = [],
): Promise<BackupFile> {
  const name = nameOf(manifest);
  if (recipients.length === 0) return storage.create(name);
  const sink = await storage.create(`${name}${encryptedEnding}`);
  try {
    return await encryptedFile(storage, `${name}${encryptedEnding}`, sink, recipients);
  } catch (error) {
    await sink.abandon();
    throw error;
  }
}

/**
 * The file comes first, because only that fails if the name is taken: a sidecar would replace that of another. Until
 * its sidecar is there, the file counts as a backup that was never finished.
 */
async function encryptedFile(
  storage: Storage,
  name: string,
  sink: Sink,
  recipients: readonly Recipient[],
): Promise<BackupFile> {
  const encrypting = await encryptingSink(sink, recipients);
  return {
    place: sink.place,
    write: (bytes) => encrypting.write(bytes),
    abandon: () => sink.abandon(),
    async publish({ manifest, fileRoot }) {
      const { size: bytes, sha256 } = await encrypting.publish();
      try {
        await putSidecar(storage, name, {
          format: 1,
          encryption: 'age',
          ...clearFacts(manifest),
          recipients: recipients.length,
          bytes,
          sha256,
          fileRoot,
        });
      } catch (error) {
        await storage.remove(name);
        throw error;
      }
    },
  };
}

/** `catalog-1.2.0-20261122T113025123Z.sql.zst` */
function nameOf(manifest: Manifest): string {
  const time = new Date(manifest.takenAt).toISOString().replace(/[-:.]/g, '');
  return `${manifest.product}-${manifest.release}-${time}.sql.zst`;
}
