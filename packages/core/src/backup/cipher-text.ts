import { createHash } from 'node:crypto';
import type { RunOptions } from '../progress.ts';
import type { Source } from '../storage/storage.ts';
import { damaged } from './archive/damage.ts';
import type { Sidecar } from './sidecar.ts';

const window = 4 * 1024 * 1024;

/**
 * Checks an encrypted backup as far as that goes without a key: its bytes are those that the sidecar speaks of. Who can
 * write to the storage can replace both. Throws FILE_DAMAGED.
 */
export async function verifyCipherText(source: Source, sidecar: Sidecar, options: RunOptions = {}): Promise<void> {
  const { name: file, size: total } = source;
  const hash = createHash('sha256');
  for (let done = 0; done < total;) {
    options.signal?.throwIfAborted();
    const bytes = await source.read(done, Math.min(window, total - done));
    hash.update(bytes);
    done += bytes.length;
    await options.onProgress?.({ kind: 'count', what: 'bytes checked', done, total });
  }
  if (hash.digest('hex') === sidecar.sha256) return;
  throw damaged(file, 'it does not match the SHA-256 in its sidecar');
}
