import { randomUUID } from 'node:crypto';
import { LockstepError } from '../../errors.ts';
import { bodyOf } from './body.ts';
import type { Client } from './client.ts';

/**
 * Runs work while this process alone may give an object its name. Servers that are not AWS's own may ignore the
 * condition of an upload that comes in parts (Ceph 16 does), but keep the one of a small file: whoever makes that first
 * goes on.
 * Throws BACKUP_EXISTS.
 */
export async function withClaim(client: Client, key: string, work: () => Promise<void>): Promise<void> {
  if (!client.settings.isCustom) return work();
  const claim = claimKey(key);
  const token = randomUUID();
  const { refusal } = await client.request({
    method: 'PUT',
    key: claim,
    headers: { 'if-none-match': '*' },
    body: bodyOf(Buffer.from(token)),
    doing: 'claim the name',
    accept: ['PreconditionFailed', 'ConditionalRequestConflict'],
  });
  // The answer to an attempt that succeeded may have been lost.
  if (refusal && (await contentOf(client, claim)) !== token)
    throw new LockstepError('BACKUP_EXISTS', { file: client.place(key) });
  try {
    await work();
  } finally {
    await removeObject(client, claim);
  }
}

async function contentOf(client: Client, key: string): Promise<string> {
  return (await client.request({ method: 'GET', key, doing: 'look at a claim', accept: ['NoSuchKey'] })).body;
}

/** Removes an object. It is no error if it is gone already. */
export async function removeObject(client: Client, key: string): Promise<void> {
  await client.request({ method: 'DELETE', key, doing: 'remove a file', accept: ['NoSuchKey'] });
}

/** True for the name of a claim. */
export function isClaim(name: string): boolean {
  return /^\..+\.claim$/.test(name);
}

/** `.shop-1.4.0.sql.zst.claim`: hidden, and never one that a backup can have. */
function claimKey(key: string): string {
  return key.replace(/[^/]*$/, (name) => `.${name}.claim`);
}
