import { parseAddress } from './s3/address.ts';
import type { Storage } from './storage.ts';

/**
 * Backups in a bucket: `s3://BUCKET/PREFIX`. Nothing of S3 is loaded or asked before it is used.
 * Throws STORAGE_INVALID.
 */
export function s3Storage(location: string): Storage {
  const address = parseAddress(location);
  let opened: Promise<Storage> | undefined;
  const bucket = (): Promise<Storage> => {
    opened ??= import('./s3/s3-storage.ts').then(({ openBucket }) => openBucket(address));
    return opened;
  };
  return {
    location: `s3://${address.bucket}/${address.prefix}`.replace(/\/$/, ''),
    create: async (name) => (await bucket()).create(name),
    open: async (name) => (await bucket()).open(name),
    put: async (name, content) => (await bucket()).put(name, content),
    list: async () => (await bucket()).list(),
    remove: async (name) => (await bucket()).remove(name),
    requireSpace: async (bytes) => (await bucket()).requireSpace(bytes),
  };
}
