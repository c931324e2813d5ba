import { Host } from '#core/database/pglite/host.js';
import { initialise } from '#core/database/pglite/initialise.js';
import { makeSocketFolder, removeSocketFolder, socketPath } from '#core/database/pglite/socket-folder.js';
import { Client } from 'pg';
import type { ClientConfig } from 'pg';
import { atEnd } from '../../../../../tests/fixtures/cleanup.ts';
import { temporaryFolder } from '../../../../../tests/fixtures/temporary-folder.ts';

export interface Embedded {
  readonly host: Host;
  readonly folder: string;
  /** The host for clients: the folder of the socket. */
  readonly socket: string;
  /** A connected client, closed after the test file. */
  client(config?: ClientConfig): Promise<Client>;
}

/** The engine behind its socket, without the rest of Lockstep; stopped after the test file. */
export async function startEmbedded(idleSeconds = 60): Promise<Embedded> {
  const folder = await temporaryFolder();
  const socket = makeSocketFolder();
  await initialise(folder);
  const host = await Host.start({ folder, socket: socketPath(socket), idleSeconds });
  atEnd(async () => {
    await host.stop();
    removeSocketFolder(socket);
  });
  const client = async (config: ClientConfig = {}): Promise<Client> => {
    const connected = new Client({ host: socket, port: 5432, user: 'postgres', database: 'postgres', ...config });
    connected.on('error', () => undefined);
    await connected.connect();
    atEnd(async () => {
      await connected.end().catch(() => undefined);
    });
    return connected;
  };
  return { host, folder, socket, client };
}

/** The first value of the first row. */
export async function value(client: Client, text: string, values: readonly unknown[] = []): Promise<unknown> {
  const result = await client.query<unknown[]>({ text, values: [...values], rowMode: 'array' });
  return result.rows[0]?.[0];
}

/** What settles first: the promise, or `false` after some rounds of the event loop that reach the engine and back. */
export async function settled(promise: Promise<unknown>, rounds: () => Promise<unknown>): Promise<boolean> {
  let done = false;
  promise.then(
    () => (done = true),
    () => (done = true),
  );
  await rounds();
  return done;
}
