import { LockstepError } from '../../errors.ts';
import type { Credentials } from './credentials.ts';

/** Reads the JSON that containers, instances and commands give. The token is called by two names. */
export function readDocument(text: string, place: string): Credentials {
  const fields = fieldsOf(text);
  const accessKeyId = fields.get('AccessKeyId') ?? '';
  const secretAccessKey = fields.get('SecretAccessKey') ?? '';
  if (accessKeyId === '' || secretAccessKey === '') {
    throw new LockstepError('STORAGE_CREDENTIALS_MISSING', { reason: `what ${place} gives are no credentials` });
  }
  const expiration = fields.get('Expiration');
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken: fields.get('SessionToken') ?? fields.get('Token'),
    expiresAt: expiration === undefined ? undefined : new Date(expiration),
  };
}

function fieldsOf(text: string): ReadonlyMap<string, string> {
  try {
    const value: unknown = JSON.parse(text);
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    return new Map(entries.flatMap(([key, field]) => (typeof field === 'string' ? [[key, field]] : [])));
  } catch {
    return new Map();
  }
}
