import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './exchange.ts';
import { ConnectionFailure } from './exchange.ts';
import type { Refusal } from './refusal.ts';

const statuses = new Set([408, 429, 500, 502, 503, 504]);

/** Refusals with other statuses that pass: `BadDigest` is damage on the way. */
const codes = new Set([
  'BadDigest',
  'InternalError',
  'OperationAborted',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
  'XAmzContentSHA256Mismatch',
]);

export function isPassing({ status, code }: Refusal): boolean {
  return statuses.has(status) || codes.has(code);
}

/** Reasons of a failed connection that will be the same the next time: certificates, and what is no HTTP. */
const lasting = /CERT|SIGNATURE|SELF_SIGNED|UNABLE_TO|EPROTO|ERR_SSL|HPE_/;

/** True for a failure after which it makes sense to connect again. */
export function isPassingFailure(error: unknown): boolean {
  return error instanceof ConnectionFailure && !lasting.test(codeOf(error));
}

function codeOf(error: unknown): string {
  const cause = error instanceof ConnectionFailure ? error.cause : error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}

const longest = 20_000;

/**
 * Waits before the next attempt: twice as long each time, and not all waiters equally long. What the server asks for
 * with `Retry-After` is kept, up to the longest wait.
 */
export async function pause(attempt: number, answer: Answer | undefined, signal?: AbortSignal): Promise<void> {
  const asked = Number(answer?.headers['retry-after']) * 1000 || 0;
  const own = Math.min(longest, 100 * 2 ** attempt) * (0.5 + Math.random() / 2);
  await sleep(Math.min(longest, Math.max(asked, own)), undefined, { signal });
}
