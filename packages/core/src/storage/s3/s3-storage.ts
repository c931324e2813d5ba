import { LockstepError } from '../../errors.ts';
import type { Storage, StoredFile } from '../storage.ts';
import type { Address } from './address.ts';
import { bodyOf } from './body.ts';
import { removeObject } from './claim.ts';
import { Client } from './client.ts';
import type { Patience } from './exchange.ts';
import { objectsBelow } from './listing.ts';
import type { Environment } from './profile.ts';
import { readSettings } from './settings.ts';
import { s3Sink } from './sink.ts';
import { s3Source } from './source.ts';
import { abortStrays } from './stray-uploads.ts';

/**
 * Backups in a bucket of S3, or of any server that speaks its protocol. A file has its name only when all its parts have
 * arrived. What killed backups have left is removed by the next one.
 */
export async function openBucket(
  { bucket, prefix }: Address,
  environment: Environment = process.env,
  patience?: Patience,
): Promise<Storage> {
  const client = new Client(bucket, await readSettings(bucket, environment), patience);
  const keyOf = (name: string): string => {
    if (isName(name)) return `${prefix}${name}`;
    throw new LockstepError('STORAGE_FAILED', {
      place: client.place(prefix),
      reason: `"${name}" is not the name of a file in it`,
    });
  };
  return {
    location: client.place(prefix.replace(/\/$/, '')),
    async create(name) {
      keyOf(name);
      await abortStrays(client, prefix);
      return s3Sink(client, prefix, name);
    },
    open: async (name) => s3Source(client, keyOf(name)),
    async put(name, content) {
      await client.request({ method: 'PUT', key: keyOf(name), body: bodyOf(content), doing: 'write a file' });
    },
    async list() {
      const files: StoredFile[] = [];
      for await (const file of objectsBelow(client, prefix)) if (isName(file.name)) files.push(file);
      return files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
    remove: async (name) => removeObject(client, keyOf(name)),
    // A bucket has no end.
    requireSpace: async () => undefined,
  };
}

/** The same names as in a folder: none that is hidden. */
function isName(name: string): boolean {
  return /^[^./\\\0][^/\\\0]*$/.test(name);
}
