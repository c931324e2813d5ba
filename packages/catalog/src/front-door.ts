import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
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

/**
 * How long a connection may be idle. Longer than the minute that proxies keep theirs: who closes first must be the client,
 * or a request that is just being sent is lost.
 */
const keepAliveMilliseconds = 72_000;

/** How long `close` waits for clients to take their answers. */
const patienceMilliseconds = 30_000;

/** Listens. Throws LISTEN_FAILED. */
export async function openFrontDoor(host: string, port: number): Promise<FrontDoor> {
  let handle: RequestListener = answerWhileStarting;
  const atWork = new Set<ServerResponse>();
  const server = createServer(
    { maxHeaderSize: longestHead, keepAliveTimeout: keepAliveMilliseconds },
    (request, response) => {
      atWork.add(response);
      response.once('close', () => atWork.delete(response));
      handle(request, response);
    },
  );
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
    close: async () => {
      handle = answerWhileEnding;
      // Node counts a connection as idle when its answer is handed over, and would cut what is still on its way.
      await Promise.race([
        Promise.all([...atWork].map((response) => once(response, 'close'))),
        sleep(patienceMilliseconds, undefined, { ref: false }),
      ]);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function answerWhileStarting(request: IncomingMessage, response: ServerResponse): void {
  answerWithout(request, response, 'The server is starting: it waits for its database.');
}

function answerWhileEnding(request: IncomingMessage, response: ServerResponse): void {
  answerWithout(request, response, 'The server is ending.');
}

/** The answer of a process that lives, and does not serve. */
function answerWithout(request: IncomingMessage, response: ServerResponse, message: string): void {
  const alive = request.url === '/healthz';
  const body = alive ? { alive: true } : { code: 503, errorType: 'NOT_READY', message };
  response.writeHead(alive ? 200 : 503, { 'content-type': 'application/json; charset=utf-8', 'retry-after': '5' });
  response.end(JSON.stringify(body));
}

function addressOf(address: AddressInfo | string | null, host: string): string {
  const port = typeof address === 'object' ? address?.port : undefined;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
