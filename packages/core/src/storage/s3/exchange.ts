import { once } from 'node:events';
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import http from 'node:http';
import https from 'node:https';

export interface Exchange {
  readonly url: URL;
  readonly agent: http.Agent;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: readonly Uint8Array[];
  readonly patience: Patience;
  readonly signal?: AbortSignal | undefined;
  /** Gets the body of a good answer piece by piece, which is then not collected. */
  readonly receive?: ((piece: Buffer) => void) | undefined;
}

/** A connection on which fewer than these bytes move in so many milliseconds is given up. */
export interface Patience {
  readonly milliseconds: number;
  readonly bytes: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Empty if somebody received it. */
  readonly body: string;
}

/** A connection that failed, with the system's words; it says nothing about whether the server did what was asked. */
export class ConnectionFailure extends Error {}

const slice = 128 * 1024;

/** What is collected in memory of an answer: documents, never content. */
const maxDocument = 64 * 1024 * 1024;

/** One request and its answer. Throws ConnectionFailure, or what the signal was aborted with. */
export async function exchange(order: Exchange): Promise<Answer> {
  order.signal?.throwIfAborted();
  const outgoing = (order.url.protocol === 'https:' ? https : http).request(optionsOf(order));
  const watch = new Watch(order.patience, (error) => outgoing.destroy(error));
  const stop = (): void => void outgoing.destroy(new ConnectionFailure('it was called off'));
  order.signal?.addEventListener('abort', stop);
  try {
    const answered = answerOf(outgoing, order, watch);
    // It is awaited below; sending may fail first, for the same reason.
    answered.catch(() => undefined);
    await Promise.race([send(outgoing, order.body, watch), answered]);
    return await answered;
  } catch (error) {
    order.signal?.throwIfAborted();
    throw error instanceof ConnectionFailure ? error : new ConnectionFailure(wordsOf(error), { cause: error });
  } finally {
    watch.end();
    order.signal?.removeEventListener('abort', stop);
    // A server that has refused early is sent no more.
    if (!outgoing.writableFinished) outgoing.destroy();
  }
}

function optionsOf({ url, agent, method, headers, body }: Exchange): RequestOptions {
  const length = body.reduce((sum, piece) => sum + piece.length, 0);
  const sends = length > 0 || method === 'PUT' || method === 'POST';
  return {
    agent,
    method,
    // An address of IPv6 has brackets in a URL and none here.
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port,
    path: `${url.pathname}${url.search}`,
    headers: { ...headers, ...(sends ? { 'content-length': length } : {}) },
  };
}

async function send(outgoing: ClientRequest, body: readonly Uint8Array[], watch: Watch): Promise<void> {
  for (const piece of body) {
    for (let at = 0; at < piece.length; at += slice) {
      if (outgoing.destroyed) return;
      const part = piece.subarray(at, at + slice);
      if (!outgoing.write(part)) await once(outgoing, 'drain');
      watch.moved(part.length);
    }
  }
  outgoing.end();
}

function answerOf(outgoing: ClientRequest, order: Exchange, watch: Watch): Promise<Answer> {
  return new Promise((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('response', (incoming: IncomingMessage) => {
      const status = incoming.statusCode ?? 0;
      const receive = status >= 200 && status < 300 ? order.receive : undefined;
      const collected: Buffer[] = [];
      let size = 0;
      incoming.on('error', reject);
      incoming.on('data', (piece: Buffer) => {
        watch.moved(piece.length);
        size += piece.length;
        if (receive) receive(piece);
        else if (size <= maxDocument) collected.push(piece);
        else outgoing.destroy(new ConnectionFailure('the answer is too long'));
      });
      incoming.on('end', () => {
        resolve({ status, headers: incoming.headers, body: Buffer.concat(collected).toString('utf8') });
      });
    });
  });
}

/** Gives a connection up on which too little moves. */
class Watch {
  readonly #patience: Patience;
  readonly #timer: NodeJS.Timeout;
  #moved = 0;
  #since = Date.now();

  constructor(patience: Patience, giveUp: (error: ConnectionFailure) => void) {
    this.#patience = patience;
    this.#timer = setInterval(() => {
      if (Date.now() - this.#since < patience.milliseconds) return;
      giveUp(new ConnectionFailure(`it has come to a standstill for ${patience.milliseconds / 1000} s`));
    }, patience.milliseconds / 10);
  }

  moved(bytes: number): void {
    this.#moved += bytes;
    if (this.#moved < this.#patience.bytes) return;
    this.#moved = 0;
    this.#since = Date.now();
  }

  end(): void {
    clearInterval(this.#timer);
  }
}

function wordsOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return wordsOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'ECONNRESET') return 'the connection was cut';
  return error.message || error.name;
}
