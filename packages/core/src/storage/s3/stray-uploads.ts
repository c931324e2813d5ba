import { isClaim, removeObject } from './claim.ts';
import type { Client } from './client.ts';
import type { FoundUpload } from './listing.ts';
import { lastPartAt, objectsBelow, uploadsBelow } from './listing.ts';
import { abortUpload } from './multipart.ts';
import { deadUploads, forgetUpload } from './upload-record.ts';

/** How long nothing has arrived of an upload whose writer cannot be asked for, before it is aborted. */
const silentFor = 48 * 3_600_000;

/**
 * Aborts the uploads that killed backups have left below a prefix: those of this machine whose process is dead, and
 * others that have been silent for two days.
 */
export async function abortStrays(client: Client, prefix: string, now = Date.now()): Promise<void> {
  const { bucket, settings } = client;
  for (const [path, upload] of await deadUploads()) {
    if (upload.bucket !== bucket || upload.endpoint !== settings.endpoint.origin) continue;
    await abortUpload(client, upload);
    await forgetUpload(path);
  }
  for await (const upload of uploadsBelow(client, prefix)) {
    const name = upload.key.slice(prefix.length);
    // The bucket may hold the uploads of others.
    if (!/^[^/.][^/]*\.sql\.zst(\.age)?$/.test(name)) continue;
    if (now - (await silentSince(client, upload)) > silentFor) await abortUpload(client, upload);
  }
  for await (const { name, modifiedAt } of objectsBelow(client, prefix, '.')) {
    if (isClaim(name) && now - modifiedAt.getTime() > silentFor) await removeObject(client, `${prefix}${name}`);
  }
}

async function silentSince(client: Client, upload: FoundUpload): Promise<number> {
  const last = await lastPartAt(client, upload);
  return Math.max(last?.getTime() ?? 0, upload.begunAt.getTime());
}
