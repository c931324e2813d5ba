import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LockstepError, reasonOf } from '@lockstep/core';

/**
 * The port of a server, open from the first moment on: while the database is migrated or waited for, `/healthz` says
 * that the process lives, so that nobody kills it for waiting, and everything else is answered with 503.
 */
export interface FrontDoor {
  /** Such as `http://127.0.0.1:8585`. */
  readonly address: string;
  /** Requests go to the server from now on. */
  open(handle: RequestListener): void;
  /** Takes no more requests, and waits for those at work. */
  close(): Promise<void>;
}

/** The longest head of a request, in bytes: a fully qualified name of 3,072 characters, each up to four bytes as `%XX`. */
const longestHead = 2 * 3072 * 4 * 3;

/** Listens. Throws LISTEN_FAILED. */
export async function openFrontDoor(host: string, port: number): Promise<FrontDoor> {
  let handle: RequestListener = answerWhileStarting;
  const server = createServer({ maxHeaderSize: longestHead }, (request, response) => handle(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new LockstepError('LISTEN_FAILED', { address: `${host}:${port}`, reason: reasonOf(error) }, { cause: error }),
      );
    });
    server.listen({ host, port }, resolve);
  });
  return {
    address: addressOf(server.address(), host),
    open: (next) => {
      handle = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function answerWhileStarting(request: IncomingMessage, response: ServerResponse): void {
  const alive = request.url === '/healthz';
  const body = alive ? { alive: true } : { code: 503, message: 'The server is starting: it waits for its database.' };
  response.writeHead(alive ? 200 : 503, { 'content-type': 'application/json; charset=utf-8', 'retry-after': '5' });
  response.end(JSON.stringify(body));
}

function addressOf(address: AddressInfo | string | null, host: string): string {
  const port = typeof address === 'object' ? address?.port : undefined;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
