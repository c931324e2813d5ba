import type { FastifyInstance } from 'fastify';
import { LockstepError, reasonOf } from '@lockstep/core';
import { CatalogError } from '../errors.ts';

/** The body of every error: `code` is the HTTP status, as clients expect; `errorType` is a stable word. */
interface ErrorBody {
  readonly code: number;
  readonly errorType: string;
  readonly message: string;
}

/** What stops a server rather than a request: a proxy may try another one. */
const unavailable: readonly string[] = [
  'EPOCH_CHANGED',
  'CONNECTION_LOST',
  'SERVER_UNREACHABLE',
  'TLS_FAILED',
  'TLS_NEEDED',
  'LOGIN_REFUSED',
  'DATABASE_MISSING',
];

/** Turns every error into JSON. `report` gets those that nobody expected. */
export function translateErrors(app: FastifyInstance, report: (error: unknown) => void): void {
  app.setErrorHandler(async (error, _request, reply) => {
    const body = bodyOf(error);
    if (body.code === 500) report(error);
    return reply.code(body.code).send(body);
  });
  app.setNotFoundHandler(async ({ method, url }, reply) => {
    const message = `There is nothing at ${method} ${url}.`;
    return reply.code(404).send({ code: 404, errorType: 'NOT_FOUND', message });
  });
}

/** The answer to a request that ended with an error. */
export function bodyOf(error: unknown): ErrorBody {
  if (error instanceof CatalogError) return { code: error.status, errorType: error.code, message: error.message };
  if (error instanceof LockstepError) {
    const code = unavailable.includes(error.code) ? 503 : 500;
    return { code, errorType: error.code, message: `${error.message} ${error.next}` };
  }
  const status = statusOf(error);
  if (status !== undefined) return { code: status, errorType: 'INVALID_REQUEST', message: reasonOf(error) };
  return { code: 500, errorType: 'INTERNAL', message: 'Something went wrong in the server. Its log has more.' };
}

/** The status that the HTTP framework gives to errors of requests: a body that is no JSON, or too large. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  const { statusCode } = error;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}
