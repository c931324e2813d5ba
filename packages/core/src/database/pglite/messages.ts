/**
 * Framing of Postgres's wire protocol 3: one byte of type, four bytes of length (which counts itself), the body.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export interface Message {
  /** One character; '' for the first packet of a connection, which has no type. */
  readonly type: string;
  readonly body: Buffer;
  /** The message as it came. */
  readonly bytes: Buffer;
}

/** Version and request codes in the first packet of a connection. */
export const startupCode = { protocol3: 3, cancel: 80877102, ssl: 80877103, gss: 80877104 } as const;

const longest = 1024 * 1024 * 1024;

/** Cuts a stream of bytes into messages. Until `started` is called, packets have no type. */
export class MessageReader {
  #chunks: Buffer[] = [];
  #size = 0;
  #typed = false;

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
  }

  started(): void {
    this.#typed = true;
  }

  /** The next whole message, if it is there. Throws RangeError on a length that cannot be. */
  next(): Message | undefined {
    const head = this.#typed ? 1 : 0;
    if (this.#size < head + 4) return undefined;
    const length = this.#peek(head + 4).readUInt32BE(head);
    if (length < 4 || length > longest) throw new RangeError(`a message says that it has ${length} bytes`);
    if (this.#size < head + length) return undefined;
    const bytes = this.#take(head + length);
    return { type: this.#typed ? bytes.toString('latin1', 0, 1) : '', body: bytes.subarray(head + 4), bytes };
  }

  /** The beginning in one piece. Chunks are joined only when it goes over the first, so once per message. */
  #peek(size: number): Buffer {
    const [first = Buffer.alloc(0)] = this.#chunks;
    if (first.length >= size) return first;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }

  #take(size: number): Buffer {
    const all = this.#peek(size);
    this.#chunks[0] = all.subarray(size);
    if (all.length === size) this.#chunks.shift();
    this.#size -= size;
    return all.subarray(0, size);
  }
}

/** The messages in a whole answer. */
export function readAll(bytes: Buffer): Message[] {
  const reader = new MessageReader();
  reader.started();
  reader.push(bytes);
  const messages: Message[] = [];
  for (let next = reader.next(); next !== undefined; next = reader.next()) messages.push(next);
  return messages;
}

export function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 4);
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, ...parts]);
}

/** Text with the zero byte that ends it. */
export function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

/** The texts of a body that holds nothing else, each ended by a zero byte. */
export function texts(body: Buffer): string[] {
  return body.toString().split('\0').slice(0, -1);
}

/** The text at the beginning of a body. */
export function firstText(body: Buffer): string {
  const end = body.indexOf(0);
  return body.toString('utf8', 0, end === -1 ? body.length : end);
}

export function query(sql: string): Buffer {
  return message('Q', text(sql));
}

/** Ends a COPY FROM STDIN. Outside of one, the backend lets it pass without a word. */
export function copyFail(reason: string): Buffer {
  return message('f', text(reason));
}

export const sync = message('S');
export const authenticationOk = message('R', Buffer.alloc(4));
export const emptyQueryResponse = message('I');

/** `I` outside of a transaction, `T` in one, `E` in a failed one. */
export function readyForQuery(status: 'I' | 'T' | 'E'): Buffer {
  return message('Z', Buffer.from(status));
}

export function parameterStatus(name: string, value: string): Buffer {
  return message('S', text(name), text(value));
}

/** Asks for the rows of a COPY FROM STDIN. No columns are described: clients take the format and nothing else. */
export function copyInResponse(binary: boolean): Buffer {
  return message('G', Buffer.from([binary ? 1 : 0, 0, 0]));
}

export interface ErrorFields {
  readonly severity: 'ERROR' | 'FATAL';
  /** SQLSTATE. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

export function errorResponse({ severity, code, message: reason, hint }: ErrorFields): Buffer {
  const fields = [
    `S${severity}`,
    `V${severity}`,
    `C${code}`,
    `M${reason}`,
    ...(hint === undefined ? [] : [`H${hint}`]),
  ];
  return message('E', ...fields.map(text), Buffer.alloc(1));
}

/** The message of an ErrorResponse. */
export function errorText(body: Buffer): string {
  const field = texts(body).find((part) => part.startsWith('M'));
  return field?.slice(1) ?? 'an error without a message';
}

/** The values of a DataRow in text form. */
export function rowValues(body: Buffer): (string | null)[] {
  const count = body.readUInt16BE(0);
  const values: (string | null)[] = [];
  for (let index = 0, at = 2; index < count; index += 1) {
    const length = body.readInt32BE(at);
    at += 4;
    values.push(length === -1 ? null : body.toString('utf8', at, at + length));
    at += Math.max(0, length);
  }
  return values;
}
