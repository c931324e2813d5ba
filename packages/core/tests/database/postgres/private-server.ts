import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inject } from 'vitest';
import { authority } from '../../../../../tests/fixtures/authority.ts';
import { atEnd } from '../../../../../tests/fixtures/cleanup.ts';
import type { Engine } from '../../../../../tests/fixtures/engines.ts';
import { freePort } from '../../../../../tests/fixtures/free-port.ts';

export interface PrivateServer {
  readonly port: number;
  /** Folder of its socket, where no password is asked for. */
  readonly folder: string;
  /** That of the authority which has signed the server's own, for `localhost`. */
  readonly certificate: string;
  /** Ends it at once. */
  kill(): Promise<void>;
}

/** A server of the test's own, that asks for passwords over TCP and speaks TLS. Ended with the test file. */
export async function startPrivateServer(engine: Engine): Promise<PrivateServer> {
  const programs = engine.programs ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-private-'));
  const user = inject('account');
  chmodSync(folder, 0o755);
  if (user !== null) chownSync(folder, user.uid, user.gid);
  const options = { cwd: folder, ...(user && { uid: user.uid, gid: user.gid }) };
  const data = join(folder, 'data');
  const { certificate, server } = await authority();
  execFileSync(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
    { ...options, stdio: 'ignore' },
  );
  writeFileSync(
    join(data, 'pg_hba.conf'),
    'local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\nhost all all ::1/128 scram-sha-256\n',
  );
  const port = await freePort();
  const settings = {
    port,
    listen_addresses: 'localhost',
    unix_socket_directories: folder,
    fsync: 'off',
    ssl: 'on',
    ssl_cert_file: server.certificate,
    ssl_key_file: server.key,
  };
  const child = spawn(
    join(programs, 'postgres'),
    ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...options, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const kill = async (): Promise<void> => await end(child);
  atEnd(async () => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  });
  await ready(child);
  return { port, folder, certificate, kill };
}

async function ready(child: ChildProcess): Promise<void> {
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (log += text));
  while (!log.includes('ready to accept connections')) {
    if (child.exitCode !== null) throw new Error(`the server does not start:\n${log}`);
    await sleep(20);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGQUIT');
  await once(child, 'exit');
}
