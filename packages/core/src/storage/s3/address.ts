import { LockstepError } from '../../errors.ts';

/** A place in a bucket. */
export interface Address {
  readonly bucket: string;
  /** What the keys below it begin with: empty, or text that ends with `/`. */
  readonly prefix: string;
}

/** Reads `s3://bucket/prefix`. Keys are written as they are, as the AWS CLI does. Throws STORAGE_INVALID. */
export function parseAddress(location: string): Address {
  const [, bucket = '', path = ''] = /^s3:\/\/([^/]*)(?:\/(.*))?$/is.exec(location) ?? [];
  // Not repeated in the message: what stands before an @ may be a secret.
  if (location.includes('@')) throw invalid('s3://...', 'keys stand in the environment or in ~/.aws, not in the URL');
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/.test(bucket)) throw invalid(location, 'write s3://BUCKET/PREFIX');
  const parts = path.replace(/\/+$/, '').split('/');
  if (path === '' || path === '/') return { bucket, prefix: '' };
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw invalid(location, 'a part of the path is empty, . or ..');
  }
  return { bucket, prefix: `${parts.join('/')}/` };
}

/** Reads `s3://bucket/prefix/file`. Throws STORAGE_INVALID. */
export function parseFileAddress(location: string): { readonly place: string; readonly name: string } {
  const end = location.lastIndexOf('/');
  const place = location.slice(0, end);
  const name = location.slice(end + 1);
  if (name === '' || place.length <= 's3://'.length) throw invalid(location, 'write s3://BUCKET/PREFIX/FILE');
  parseAddress(place);
  return { place, name };
}

function invalid(place: string, reason: string): LockstepError {
  return new LockstepError('STORAGE_INVALID', { place, reason });
}
