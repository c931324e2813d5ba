import type { Connection } from 'mysql2';
import { changed, lengthSize, nullByte, readLength, readPacket } from './raw-rows.ts';

/** What a statement that gives no rows has done. */
export interface SendResult {
  /** Rows changed. */
  readonly changed: number;
  readonly warnings: number;
}

const comQuery = Buffer.from([0x03]);
/** What an answer begins with. */
const [isDone, asksForFile, isError] = [0x00, nullByte, 0xff];
/** The largest packet of the protocol; a longer text goes on in the next one. */
const largestPacket = 0xffffff;
/** A file goes in packets of this size, which a server takes whatever its max_allowed_packet is. */
const filePacket = 64 * 1024;

/**
 * Sends a statement that gives no rows. Its text comes as bytes, in pieces that go to the socket as they are; the driver
 * would make a string of them and encode it again.
 */
export function sendBytes(connection: Connection, statement: readonly Buffer[]): Promise<SendResult> {
  return send(connection, statement, undefined);
}

/**
 * Sends a LOAD DATA LOCAL, and `file` when the server asks for one. It asks by a name; whatever that is, it gets these
 * bytes, once, and never others.
 */
export function sendFile(connection: Connection, statement: string, file: Buffer): Promise<SendResult> {
  return send(connection, [Buffer.from(statement)], file);
}

/**
 * A command of our own. The driver calls `execute` to start it, and then with each packet of the answer until it gives
 * true; what is thrown ends the connection. See `handlePacket` in mysql2's lib/base/connection.js. Its version is
 * pinned, and tests hold what is used here.
 */
function send(driver: Connection, statement: readonly Buffer[], file: Buffer | undefined): Promise<SendResult> {
  const connection = internals(driver);
  return new Promise((resolve, reject) => {
    let unsent = file;
    const answer = (packet: Buffer): boolean => {
      if (packet[0] === asksForFile) {
        if (unsent === undefined) throw refused(packet);
        writePackets(connection, [...cut([unsent], filePacket), []]);
        unsent = undefined;
        return false;
      }
      if (packet[0] === isError) reject(readError(packet));
      else if (packet[0] === isDone) resolve(readDone(packet));
      else throw changed(`a statement without rows was answered by ${packet[0]}`);
      return true;
    };
    let started = false;
    connection.addCommand({
      onResult: reject,
      execute: (packet: unknown) => {
        if (started) return answer(bytesOf(packet));
        started = true;
        connection.sequenceId = 0;
        connection.compressedSequenceId = 0;
        writePackets(connection, cut([comQuery, ...statement], largestPacket));
        return false;
      },
    });
  });
}

function refused(packet: Buffer): Error {
  return new Error(`the server asked for the file ${packet.toString('utf8', 1, 200)} of this machine, and got nothing`);
}

/** Cuts bytes into packets. If the last one is full, an empty one tells that there is no more. */
function cut(pieces: readonly Buffer[], size: number): Buffer[][] {
  let packet: Buffer[] = [];
  let room = size;
  const packets = [packet];
  for (const piece of pieces) {
    for (let at = 0; at < piece.length;) {
      if (room === 0) {
        packet = [];
        packets.push(packet);
        room = size;
      }
      const part = piece.subarray(at, at + room);
      packet.push(part);
      room -= part.length;
      at += part.length;
    }
  }
  if (room === 0 && size === largestPacket) packets.push([]);
  return packets;
}

/** Each packet is written behind its head: three bytes of its length, one of its number. */
function writePackets(connection: Internals, packets: readonly (readonly Buffer[])[]): void {
  connection.stream.cork();
  for (const packet of packets) {
    const head = Buffer.alloc(4);
    head.writeUIntLE(
      packet.reduce((sum, part) => sum + part.length, 0),
      0,
      3,
    );
    head[3] = connection.sequenceId;
    connection.sequenceId = (connection.sequenceId + 1) % 256;
    for (const part of [head, ...packet]) connection.write(part);
  }
  connection.stream.uncork();
}

function bytesOf(packet: unknown): Buffer {
  const { buffer, offset, end } = readPacket(packet);
  return buffer.subarray(offset, end);
}

/** 0x00, rows changed, the last id, two bytes of status, two of the number of warnings. */
function readDone(packet: Buffer): SendResult {
  const id = 1 + sizeAt(packet, 1);
  const status = id + sizeAt(packet, id);
  return { changed: readLength(packet, 1), warnings: packet.readUInt16LE(status + 2) };
}

function sizeAt(packet: Buffer, at: number): number {
  return lengthSize(packet[at] ?? 0);
}

/** 0xff, two bytes of the number, `#` and five of the SQLSTATE, the message. As the driver's errors are. */
function readError(packet: Buffer): Error {
  const hasState = packet[3] === 0x23;
  const message = packet.toString('utf8', hasState ? 9 : 3);
  return Object.assign(new Error(message), {
    errno: packet.readUInt16LE(1),
    sqlState: hasState ? packet.toString('latin1', 4, 9) : '',
  });
}

/** What is used of the driver beside its public part. */
interface Internals {
  sequenceId: number;
  compressedSequenceId: number;
  readonly stream: { cork(): void; uncork(): void };
  write(bytes: Buffer): void;
  addCommand(command: object): void;
}

function internals(connection: unknown): Internals {
  if (isInternals(connection)) return connection;
  throw changed('a connection has not the methods of its commands');
}

function isInternals(connection: unknown): connection is Internals {
  if (typeof connection !== 'object' || connection === null) return false;
  const is = (type: string, names: readonly string[]): boolean =>
    names.every((name) => typeof Reflect.get(connection, name) === type);
  return (
    is('function', ['write', 'addCommand']) &&
    is('number', ['sequenceId', 'compressedSequenceId']) &&
    is('object', ['stream'])
  );
}
