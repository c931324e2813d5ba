import { LockstepError } from '../errors.ts';
import type { Storage } from './storage.ts';

/** The text of a small file of a storage; undefined if there is none, or if it has more bytes than these. */
export async function readSmallFile(storage: Storage, name: string, largest: number): Promise<string | undefined> {
  const source = await storage.open(name).catch((error: unknown) => {
    if (error instanceof LockstepError && error.code === 'BACKUP_MISSING') return undefined;
    throw error;
  });
  if (!source) return undefined;
  try {
    if (source.size > largest) return undefined;
    return (await source.read(0, source.size)).toString('utf8');
  } finally {
    await source.close();
  }
}
