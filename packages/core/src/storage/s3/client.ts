import http from 'node:http';
import https from 'node:https';
import { LockstepError, reasonOf } from '../../errors.ts';
import type { Credentials } from './credentials.ts';
import { CredentialCache, findCredentials } from './credentials.ts';
import type { Answer, Patience } from './exchange.ts';
import { ConnectionFailure, exchange } from './exchange.ts';
import type { Purpose, Refusal } from './refusal.ts';
import { refusalOf, refused } from './refusal.ts';
import { isPassing, isPassingFailure, pause } from './retry.ts';
import type { Settings } from './settings.ts';
import { amazon } from './settings.ts';
import { pathText, queryText, sha256, sign } from './sign.ts';

export interface Order {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Of an object; the bucket itself if it is left out. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body;
  /** What it is for, in words: `list the files`. */
  readonly doing: string;
  /** S3's names of the errors that are an answer to the caller. */
  readonly accept?: readonly string[];
  readonly patience?: Patience;
  readonly signal?: AbortSignal | undefined;
  /** Called for each attempt, to take in the body of a good answer from its beginning. */
  readonly receive?: () => (piece: Buffer) => void;
}

/** Bytes to send with their digests: the server compares them with what arrives. */
export interface Body {
  readonly pieces: readonly Uint8Array[];
  readonly sha256: string;
  /** In base64. */
  readonly md5: string;
}

/** An answer; `refusal` if it is one that the order accepts. */
export interface Result extends Answer {
  readonly refusal: Refusal | undefined;
}

/** How long a connection may stand still. */
export const defaultPatience: Patience = { milliseconds: 30_000, bytes: 16 * 1024 };

const emptySha256 = sha256('');

/** Speaks to one bucket. Requests are signed, and tried again where that makes sense. */
export class Client {
  readonly bucket: string;
  readonly settings: Settings;
  readonly patience: Patience;
  readonly #agent: http.Agent;
  readonly #credentials: CredentialCache;
  #region: string;
  #endpoint: URL;
  /** Milliseconds by which the server's clock is ahead of ours. */
  #clockAhead = 0;
  #hasAnswered = false;

  constructor(bucket: string, settings: Settings, patience: Patience = defaultPatience) {
    this.bucket = bucket;
    this.settings = settings;
    this.patience = patience;
    this.#region = settings.region;
    this.#endpoint = settings.endpoint;
    this.#agent =
      settings.endpoint.protocol === 'https:'
        ? new https.Agent({ keepAlive: true, ...(settings.certificates ? { ca: settings.certificates } : {}) })
        : new http.Agent({ keepAlive: true });
    this.#credentials = new CredentialCache(() => findCredentials(settings.environment, settings.profile));
  }

  /** The bucket, or an object of it, for people. */
  place(key = ''): string {
    return key === '' ? `s3://${this.bucket}` : `s3://${this.bucket}/${key}`;
  }

  /**
   * Throws STORAGE_CREDENTIALS_MISSING, STORAGE_LOGIN_REFUSED, STORAGE_FORBIDDEN, BUCKET_MISSING, STORAGE_UNREACHABLE
   * and STORAGE_FAILED, or what the signal was aborted with.
   */
  async request(order: Order): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      const credentials = await this.#credentials.get();
      const { answer, failure } = await this.#try(order, credentials);
      if (!answer) {
        if (!this.#mayTryAgain(failure, attempt)) throw this.#unreachable(failure);
        await pause(attempt, undefined, order.signal);
        continue;
      }
      const refusal = isGood(answer) ? undefined : refusalOf(answer);
      if (!refusal || order.accept?.includes(refusal.code)) return { ...answer, refusal };
      if (attempt >= this.settings.attempts) throw refused(refusal, this.#purpose(order));
      if (this.#learns(answer, refusal)) continue;
      if (!isPassing(refusal)) throw refused(refusal, this.#purpose(order));
      await pause(attempt, answer, order.signal);
    }
  }

  async #try(order: Order, credentials: Credentials): Promise<{ answer?: Answer; failure?: unknown }> {
    const url = this.#urlOf(order);
    const { body } = order;
    const headers = sign(
      {
        method: order.method,
        host: url.host,
        path: url.pathname,
        query: order.query ?? {},
        headers: { ...order.headers, ...(body ? { 'content-md5': body.md5 } : {}) },
        bodySha256: body?.sha256 ?? emptySha256,
      },
      credentials,
      this.#region,
      new Date(Date.now() + this.#clockAhead),
    );
    try {
      const answer = await exchange({
        url,
        agent: this.#agent,
        method: order.method,
        headers,
        body: body?.pieces ?? [],
        patience: order.patience ?? this.patience,
        signal: order.signal,
        receive: order.receive?.(),
      });
      this.#hasAnswered = true;
      return isWhole(answer) ? { answer } : { failure: new ConnectionFailure('the answer is cut') };
    } catch (failure) {
      order.signal?.throwIfAborted();
      return { failure };
    }
  }

  #urlOf({ key = '', query = {} }: Order): URL {
    const { pathStyle } = this.settings;
    const url = new URL(this.#endpoint);
    const base = url.pathname.replace(/\/$/, '');
    if (!pathStyle) url.host = `${this.bucket}.${url.host}`;
    // The whole URL at once: what is encoded already must stay as it was signed.
    const path = `${base}${pathStyle ? `/${this.bucket}` : ''}/${pathText(key)}`;
    const search = queryText(query);
    return new URL(`${url.protocol}//${url.host}${path}${search === '' ? '' : `?${search}`}`);
  }

  #mayTryAgain(failure: unknown, attempt: number): boolean {
    if (!isPassingFailure(failure)) return false;
    // Where nobody has ever answered, the address is more likely to be wrong than the network to be down.
    return attempt < (this.#hasAnswered ? this.settings.attempts : Math.min(3, this.settings.attempts));
  }

  /** True if the refusal tells how to do better: another region, the time, fresh credentials. */
  #learns({ headers }: Answer, { code }: Refusal): boolean {
    const region = headers['x-amz-bucket-region'];
    if (typeof region === 'string' && region !== this.#region && !this.settings.isCustom) {
      this.#region = region;
      this.#endpoint = new URL(amazon(region));
      return true;
    }
    const time = Date.parse(headers.date ?? '');
    if (code === 'RequestTimeTooSkewed' && !Number.isNaN(time)) {
      const ahead = time - Date.now();
      const isNew = Math.abs(ahead - this.#clockAhead) > 60_000;
      this.#clockAhead = ahead;
      return isNew;
    }
    if (code !== 'ExpiredToken') return false;
    this.#credentials.forget();
    return true;
  }

  #purpose({ doing, key }: Order): Purpose {
    return { place: this.place(key), bucket: this.bucket, endpoint: this.#endpoint.origin, doing };
  }

  #unreachable(failure: unknown): LockstepError {
    if (failure instanceof LockstepError) return failure;
    const details = { endpoint: this.#endpoint.origin, reason: reasonOf(failure) };
    return new LockstepError('STORAGE_UNREACHABLE', details, { cause: failure });
  }
}

/** Some errors come with status 200: their request takes long, and the answer has begun before it is done. */
function isGood({ status, body }: Answer): boolean {
  return status >= 200 && status < 300 && !/<Error>/.test(body.slice(0, 10_000));
}

/** False for a document without its end: something on the way may have ended an answer as if it were whole. */
function isWhole({ body }: Answer): boolean {
  return !body.startsWith('<') || body.trimEnd().endsWith('>');
}
