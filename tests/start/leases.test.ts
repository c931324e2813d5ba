import { once } from 'node:events';
import { cp, readdir, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { catalogProduct } from '@lockstep/catalog';
import { spawnCli } from '../fixtures/cli.ts';
import { runSql } from '../fixtures/client.ts';
import { describeEachEngine, everyServer } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import { lockstep, succeed } from '../fixtures/lockstep.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { prints, serves, startServer } from './serving.ts';

describeEachEngine('a server', (engine) => {
  it('does not start while one of an older release lives, and changes nothing', { timeout: 180_000 }, async () => {
    const database = await freshDatabase(engine);
    const backups = await temporaryFolder();
    await succeed(database.url, ['migrate', '--to', '1.1.0']);
    await succeed(database.url, ['sample', '--tables', '10']);
    await runSql(database, lease);
    const [before, epoch] = [await succeed(database.url, ['digest']), await runSql(database, readEpoch)];

    const refused = await startServer(database.url, {}, ['--backup-to', backups]).ended;
    expect(refused).toMatchObject({ code: 3 });
    expect(refused.stderr).toContain('LEASE_LIVE');
    expect(refused.stderr).toContain('server of release 1.1.0 on elsewhere (process 4711)');
    expect(await succeed(database.url, ['digest'])).toEqual(before);
    expect(await runSql(database, readEpoch)).toBe(epoch);
    expect(await readdir(backups)).toEqual([]);

    await runSql(database, 'delete from lockstep_lease');
    const server = startServer(database.url, {}, ['--backup-to', backups]);
    await serves(server);
    server.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0 });
    expect(await readdir(backups)).toHaveLength(1);
  });
});

describeEachEngine(
  'a paused server',
  (engine) => {
    it('can write nothing once its database was upgraded, and ends', { timeout: 120_000 }, async () => {
      const database = await freshDatabase(engine);
      const server = startServer(database.url);
      const address = await serves(server);
      expect((await put(address, 'before')).status).toBe(201);
      const before = await succeed(database.url, ['digest']);

      // The server has the head of this one, and gets the rest when it wakes up.
      const begun = await beginPut(address, 'after');
      server.kill('SIGSTOP');
      const cwd = await laterCatalog();
      expect(await lockstep(database.url, ['upgrade'], { cwd })).toMatchObject({ code: 3, error: 'LEASE_LIVE' });
      await runSql(database, `update lockstep_lease set expires_at = '2001-01-01T00:00:00.000000Z'`);
      await succeed(database.url, ['upgrade'], { cwd });
      const answer = begun.finish();
      server.kill('SIGCONT');

      const { status, text: said } = await answer;
      expect([status, said]).toEqual([503, expect.stringContaining('EPOCH_CHANGED')]);
      const ended = await server.ended;
      expect(ended.stderr).toContain('EPOCH_CHANGED');
      expect(ended.code).toBe(3);
      const after = await succeed(database.url, ['digest'], { cwd });
      expect(after['tables']).toEqual([...tablesOf(before), expect.objectContaining({ rows: 0 })]);
    });
  },
  everyServer,
);

describeEachEngine(
  'a second server on an embedded database',
  (engine) => {
    it('is refused, naming the process of the first', { timeout: 180_000 }, async () => {
      const { url } = await freshDatabase(engine);
      const first = startServer(url);
      await serves(first);
      const second = await startServer(url).ended;
      expect(second).toMatchObject({ code: 6 });
      expect(second.stderr).toContain('FOLDER_HELD');
      expect(second.stderr).toContain(`process ${first.pid} `);
      first.kill('SIGTERM');
      expect(await first.ended).toMatchObject({ code: 0 });
      const third = startServer(url);
      await serves(third);
    });

    it('waits for a command that has the folder', { timeout: 180_000 }, async () => {
      const { url } = await freshDatabase(engine);
      await succeed(url, ['migrate']);
      const env = { LOCKSTEP_HOLD_AT: 'backup:begin' };
      const backup = spawnCli(['--database-url', url, 'backup', '--to', await temporaryFolder()], { env });
      await prints(backup, 'holding at backup:begin');
      const server = startServer(url);
      await prints(server, `Waiting for process ${backup.pid} `);
      process.kill(backup.pid, 'SIGUSR2');
      expect(await backup.ended).toMatchObject({ code: 0 });
      await serves(server);
    });
  },
  (engine) => engine.url === undefined,
);

const lease = `insert into lockstep_lease
  (id, kind, release_name, host, process, address, epoch, started_at, renewed_at, expires_at)
  values ('5a0c5a0c-0000-0000-0000-000000000000', 'server', '1.1.0', 'elsewhere', 4711, null, 1,
    '2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z', '2999-01-01T00:00:00.000000Z')`;
const readEpoch = 'select epoch, phase, release_name from lockstep_state';

/** The configuration of the catalog with one more release, whose migration adds an empty table. */
async function laterCatalog(): Promise<string> {
  const folder = await temporaryFolder();
  await cp(catalogProduct.migrations, join(folder, 'migrations'), { recursive: true });
  await writeFile(join(folder, 'migrations/common/V1.3.0.1__later.sql'), 'CREATE TABLE zz_later (id int PRIMARY KEY);');
  const config = { name: 'catalog', version: '1.3.0', migrations: './migrations', schemas: ['public'] };
  await writeFile(join(folder, 'lockstep.config.json'), JSON.stringify(config));
  return folder;
}

async function put(address: string, name: string): Promise<Response> {
  return fetch(`${address}/api/v1/services/databaseServices`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, serviceType: 'Postgres' }),
  });
}

interface BegunPut {
  /** Sends the body; gives the answer. */
  readonly finish: () => Promise<{ readonly status: number | undefined; readonly text: string }>;
}

/** The same in two steps. The server has begun with it when this returns: it has asked for the body. */
async function beginPut(address: string, name: string): Promise<BegunPut> {
  const sent = request(`${address}/api/v1/services/databaseServices`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', expect: '100-continue' },
  });
  sent.flushHeaders();
  await once(sent, 'continue');
  const answer = new Promise<IncomingMessage>((resolve, reject) =>
    sent.once('response', resolve).once('error', reject),
  );
  answer.catch(() => undefined);
  return {
    finish: async () => {
      sent.end(JSON.stringify({ name, serviceType: 'Postgres' }));
      const response = await answer;
      return { status: response.statusCode, text: await text(response) };
    },
  };
}

function tablesOf(digest: Readonly<Record<string, unknown>>): readonly unknown[] {
  return Array.isArray(digest['tables']) ? digest['tables'] : [];
}
