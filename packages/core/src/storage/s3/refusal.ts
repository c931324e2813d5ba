import type { ErrorCode } from '../../errors.ts';
import { LockstepError } from '../../errors.ts';
import type { Answer } from './exchange.ts';
import { textOf } from './xml.ts';

/** What a server that refuses a request says of the reason. */
export interface Refusal {
  readonly status: number;
  /** S3's name of the error, such as NoSuchKey; the status if there is none. */
  readonly code: string;
  readonly message: string;
}

export function refusalOf({ status, body }: Answer): Refusal {
  const code = textOf(body, 'Code') ?? '';
  // In one line and not for pages: some proxies answer with one.
  const message = (textOf(body, 'Message') ?? '').replace(/\s+/g, ' ').slice(0, 300);
  return { status, code: code === '' ? String(status) : code, message };
}

/** Where a request went and what for, to tell people when it fails. */
export interface Purpose {
  readonly place: string;
  readonly bucket: string;
  readonly endpoint: string;
  /** Such as `list the files`. */
  readonly doing: string;
}

const login = new Set([
  'AuthorizationHeaderMalformed',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAccessKeyId',
  'InvalidToken',
  'RequestExpired',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
  'TokenRefreshRequired',
]);

/** The error that a refusal ends with. */
export function refused(refusal: Refusal, { place, bucket, endpoint, doing }: Purpose): LockstepError {
  const { status, code, message } = refusal;
  const said = message === '' ? code : `${code}: ${message.replace(/\.$/, '')}`;
  const error = (name: ErrorCode, details: Record<string, string>): LockstepError => new LockstepError(name, details);
  if (login.has(code)) return error('STORAGE_LOGIN_REFUSED', { endpoint, reason: said });
  if (code === 'NoSuchBucket') return error('BUCKET_MISSING', { bucket, endpoint });
  if (status === 401 || status === 403) return error('STORAGE_FORBIDDEN', { place, doing, reason: said });
  const answer = code === String(status) ? code : `${status} ${said}`;
  return error('STORAGE_FAILED', { place, reason: `the server refuses to ${doing}: ${answer}` });
}
