import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { atEnd } from '../../../../../tests/fixtures/cleanup.ts';

export interface RogueServer {
  readonly url: string;
  /** What the client has sent since it asked for something: everything behind its first command. */
  received(): Buffer;
}

/**
 * Lets anybody in, and answers every command by asking for a file of the client. What then comes until an empty packet
 * is answered with `asks - 1` more questions, and then with success.
 */
export async function rogueServer(file: string, asks = 1): Promise<RogueServer> {
  const received: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    send(socket, 0, handshake);
    let left = asks;
    let waiting = Buffer.alloc(0);
    let state: 'login' | 'command' | 'file' = 'login';
    socket.on('data', (bytes) => {
      if (state === 'file') received.push(Buffer.from(bytes));
      waiting = Buffer.concat([waiting, bytes]);
      for (let size = packetSize(waiting); size !== undefined; size = packetSize(waiting)) {
        const sequence = (waiting[3] ?? 0) + 1;
        waiting = waiting.subarray(size + 4);
        if (state === 'login') {
          send(socket, sequence, ok);
          state = 'command';
        } else if (state === 'command' || (size === 0 && left > 0)) {
          left -= 1;
          send(socket, sequence, Buffer.from(`\u{fb}${file}`, 'latin1'));
          state = 'file';
        } else if (size === 0) {
          send(socket, sequence, ok);
          state = 'command';
        }
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  atEnd(async () => {
    server.close();
  });
  return {
    url: `mysql://somebody@127.0.0.1:${portOf(server.address())}/data`,
    received: () => Buffer.concat(received),
  };
}

const ok = Buffer.from([0, 0, 0, 2, 0, 0, 0]);

/** Version 10 of the protocol, and a login by `mysql_native_password`, which is not looked at. */
const handshake = Buffer.concat([
  Buffer.from('\n9.0.0\0', 'latin1'),
  Buffer.from([1, 0, 0, 0]),
  Buffer.from('saltsalt\0', 'latin1'),
  Buffer.from([0xff, 0xf7, 0xff, 2, 0, 0xff, 0xdf, 21, ...Buffer.alloc(10)]),
  Buffer.from('saltsaltsalt\0mysql_native_password\0', 'latin1'),
]);

function send(socket: Socket, sequence: number, payload: Buffer): void {
  const head = Buffer.alloc(4);
  head.writeUIntLE(payload.length, 0, 3);
  head[3] = sequence;
  socket.write(Buffer.concat([head, payload]));
}

function packetSize(bytes: Buffer): number | undefined {
  if (bytes.length < 4) return undefined;
  const size = bytes.readUIntLE(0, 3);
  return bytes.length < size + 4 ? undefined : size;
}

function portOf(address: AddressInfo | string | null): number {
  if (typeof address === 'object' && address !== null) return address.port;
  throw new Error('a server without a port');
}
