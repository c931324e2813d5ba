import type { Connection } from 'mysql2';
import { intakeOf } from '../intake.ts';
import type { RawResult } from './raw-rows.ts';
import { changed, readLength, sendRaw } from './raw-rows.ts';

/**
 * Gets the bytes of a result as they come in, from the head of the first row's packet on. Returns undefined for more, or
 * what is left of the bytes from the head of the first packet on that is no row.
 */
export type OnBytes = (bytes: Buffer) => Buffer | undefined;

const errorByte = 0xff;

/**
 * Sends one statement and hands on its rows without taking them apart: the driver makes an object of every packet, which
 * for small rows costs more than the rows. This takes the place of the driver's parser of packets while the rows come
 * in. It is no public part of it; the version of mysql2 is pinned, and tests hold its form. The connection must have
 * nothing else to do.
 */
export async function sendForBytes(connection: Connection, text: string, onBytes: OnBytes): Promise<RawResult> {
  // The compressed protocol has a second parser behind the first.
  const place = isParser(Reflect.get(connection, '_inflatedPacketsParser')) ? '_inflatedPacketsParser' : 'packetParser';
  const parser: unknown = Reflect.get(connection, place);
  if (!isParser(parser)) throw changed('a connection has no parser of packets');
  const answer = sendRaw(connection, text, () => {
    throw changed('a row was not left to this side');
  });
  const head = new ResultHead();
  const stream: unknown = Reflect.get(connection, 'stream');
  // Behind encryption or compression the bytes come by the driver.
  const isPlain = place === 'packetParser' && typeof stream === 'object' && stream !== null;
  const intake = isPlain ? intakeOf(stream) : undefined;
  const failure = new Promise<never>((_, reject) => {
    const execute = (chunk: Buffer): void => {
      try {
        // The driver keeps the descriptions of columns, and an intake uses its memory again.
        const rest = head.done ? chunk : head.read(Buffer.from(chunk), (packet) => parser.execute(packet));
        const behind = head.failed ? rest : rest.length > 0 ? onBytes(rest) : undefined;
        if (!behind) return;
        intake?.divert(undefined);
        Reflect.set(connection, place, parser);
        // The driver counts packets, and has not seen those of the rows.
        if (!head.failed) Reflect.set(connection, 'sequenceId', behind[3]);
        parser.execute(behind);
      } catch (error) {
        // Nobody knows where in the stream it is.
        connection.destroy();
        reject(error);
      }
    };
    Reflect.set(connection, place, { execute });
    intake?.divert(execute);
  });
  return Promise.race([answer, failure]);
}

/** What comes before the rows: the number of columns, their descriptions, and an end. */
class ResultHead {
  #pending: Buffer = Buffer.alloc(0);
  #packets = 0;
  #columns = 0;
  /** The rows follow. */
  done = false;
  /** There are no rows. */
  failed = false;

  /** Hands each packet to `take`, and returns what stands behind the head. */
  read(chunk: Buffer, take: (packet: Buffer) => void): Buffer {
    const bytes = this.#pending.length > 0 ? Buffer.concat([this.#pending, chunk]) : chunk;
    let at = 0;
    while (bytes.length - at > 4) {
      const end = at + 4 + bytes.readUIntLE(at, 3);
      if (bytes.length < end) break;
      this.failed = bytes[at + 4] === errorByte || (this.#packets === 0 && bytes[at + 4] === 0);
      if (this.failed) return bytes.subarray(at);
      if (this.#packets === 0) this.#columns = readLength(bytes, at + 4);
      take(bytes.subarray(at, end));
      this.#packets += 1;
      at = end;
      this.done = this.#packets === this.#columns + 2;
      if (this.done) return bytes.subarray(at);
    }
    this.#pending = bytes.subarray(at);
    return Buffer.alloc(0);
  }
}

interface Parser {
  execute(chunk: Buffer): void;
}

function isParser(value: unknown): value is Parser {
  return typeof value === 'object' && value !== null && 'execute' in value && typeof value.execute === 'function';
}
