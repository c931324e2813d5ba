import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { connectPostgres } from '#core/database/postgres/open.js';
import type { PostgresDatabase } from '#core/database/postgres/postgres-database.js';
import { sql } from '#core/database/sql.js';
import { atEnd } from '../../../../../tests/fixtures/cleanup.ts';
import type { Engine } from '../../../../../tests/fixtures/engines.ts';
import { until } from '../../../../../tests/fixtures/until.ts';
import { startPrivateServer } from './private-server.ts';

export interface ReplicatedServer {
  readonly primary: PostgresDatabase;
  /** Makes a streaming replica of what is there, and starts it. */
  readonly startReplica: () => Promise<PostgresDatabase>;
}

/** A server of the test's own that lets replicas stream. */
export async function startReplicatedServer(engine: Engine): Promise<ReplicatedServer> {
  const { folder, port } = await startPrivateServer(engine);
  appendFileSync(join(folder, 'data', 'pg_hba.conf'), 'local replication all trust\n');
  const primary = await open(folder, port);
  const session = await primary.session();
  await session.query(sql`SELECT pg_reload_conf()`);
  await session.close();
  return { primary, startReplica: async () => open(folder, await startReplica(engine, folder, port)) };
}

async function open(host: string, port: number): Promise<PostgresDatabase> {
  const database = await connectPostgres({
    engine: 'Postgres',
    config: { host, port, user: 'postgres', database: 'postgres' },
    location: 'test',
    parallelSessions: 4,
    isServer: true,
    bytesPerRead: 1024 * 1024,
  });
  atEnd(() => database.close());
  return database;
}

/** A streaming replica that listens in the same folder. It waits for readers no longer than 0.1 s. */
async function startReplica(engine: Engine, folder: string, primaryPort: number): Promise<number> {
  const user = inject('account');
  const options = { cwd: folder, ...(user && { uid: user.uid, gid: user.gid }) };
  const programs = engine.programs ?? '';
  const data = join(folder, 'replica');
  const place = ['-h', folder, '-p', `${primaryPort}`, '-U', 'postgres'];
  execFileSync(join(programs, 'pg_basebackup'), [...place, '-D', data, '-R', '-c', 'fast', '--no-sync'], options);
  const port = primaryPort + 1;
  const settings = [
    'listen_addresses=',
    `port=${port}`,
    'max_standby_streaming_delay=100ms',
    'wal_receiver_status_interval=1',
    'ssl=off',
  ];
  const args = ['-D', data, '-k', folder, ...settings.flatMap((setting) => ['-c', setting])];
  const child = spawn(join(programs, 'postgres'), args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  atEnd(async () => {
    child.kill('SIGQUIT');
    await once(child, 'exit');
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  await until(() => {
    if (child.exitCode !== null) throw new Error(`the replica does not start:\n${log}`);
    return log.includes('ready to accept read-only connections') && log.includes('started streaming');
  });
  return port;
}
