import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RunningCli } from '../fixtures/cli.ts';
import { describeEachEngine } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import { succeed } from '../fixtures/lockstep.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { until } from '../fixtures/until.ts';
import { prints, serves, startServer } from './serving.ts';

describeEachEngine(
  'servers with a schedule',
  (engine) => {
    it('take one backup of what is due, and none again', { timeout: 300_000 }, async () => {
      const { url } = await freshDatabase(engine);
      const [cwd, folder] = [await temporaryFolder(), await temporaryFolder()];
      // Due long ago: the servers were down at the time.
      const backups = { to: folder, schedule: { cron: '0 0 1 1 *', timeZone: 'Europe/Vienna' }, keep: { last: 3 } };
      await writeFile(join(cwd, 'lockstep.config.json'), JSON.stringify({ backups }));
      await succeed(url, ['migrate']);

      // Stopped in the middle, the first one leaves nothing.
      const stopped = startServer(url, { cwd, env: { LOCKSTEP_HOLD_AT: 'backup:publish' } });
      await prints(stopped, 'holding at backup:publish');
      expect(await readdir(folder)).toHaveLength(1);
      stopped.kill('SIGTERM');
      await prints(stopped, 'Ending');
      stopped.kill('SIGUSR2');
      expect(await stopped.ended).toMatchObject({ code: 0 });
      expect(await readdir(folder)).toEqual([]);
      expect(await succeed(url, ['info'], { cwd })).toMatchObject({
        leases: [],
        backups: [],
        schedule: { running: null, done: null, failed: null },
      });

      // An embedded database is served by one.
      const servers = Array.from({ length: engine.url === undefined ? 1 : 2 }, () => startServer(url, { cwd }));
      await Promise.all(servers.map((server) => prints(server, ', due at 202')));
      expect(servers.filter(took)).toHaveLength(1);
      const names = await readdir(folder);
      expect(names).toHaveLength(1);
      const info = await succeed(url, ['info'], { cwd });
      expect(info).toMatchObject({ schedule: { done: { file: names[0] }, failed: null }, backups: [{ damage: null }] });
      for (const server of servers) {
        const metrics = await metricsOf(await serves(server));
        expect(metrics.get('lockstep_backup_last_success_timestamp_seconds')).toBeGreaterThan(Date.now() / 1000 - 300);
        expect(metrics.get('lockstep_backup_bytes')).toBeGreaterThan(1000);
        expect(metrics.has('lockstep_backup_last_failure_timestamp_seconds')).toBe(false);
        expect(metrics.get('lockstep_phase{phase="ready"}')).toBe(1);
        expect(metrics.get('lockstep_leases')).toBe(servers.length);
      }
      for (const server of servers) {
        server.kill('SIGTERM');
        expect(await server.ended).toMatchObject({ code: 0 });
      }

      const again = startServer(url, { cwd });
      await prints(again, 'There is a backup already, due at 202');
      expect(await readdir(folder)).toEqual(names);
    });

    it('go on serving when a backup fails, and tell of it', { timeout: 120_000 }, async () => {
      const { url } = await freshDatabase(engine);
      const cwd = await temporaryFolder();
      await writeFile(join(cwd, 'file'), '');
      const backups = { to: './file/backups', schedule: { cron: '0 0 1 1 *' } };
      await writeFile(join(cwd, 'lockstep.config.json'), JSON.stringify({ backups }));
      const server = startServer(url, { cwd });
      const address = await serves(server);
      await until(async () => (await metricsOf(address)).has('lockstep_backup_last_failure_timestamp_seconds'));
      expect((await fetch(`${address}/readyz`)).status).toBe(200);
      expect(server.output().stderr).toContain('cannot be used');
      await prints(server, 'cannot be used');
      server.kill('SIGTERM');
      expect(await server.ended).toMatchObject({ code: 0 });
    });
  },
  (engine) => ['pglite', 'postgres15', 'mysql9', 'mariadb11'].includes(engine.name),
);

function took(server: RunningCli): boolean {
  return server.output().stderr.includes('Took the backup');
}

/** The samples by name and labels. Throws for text that is not of Prometheus' format. */
async function metricsOf(address: string): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`${address}/metrics`);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const samples = new Map<string, number>();
  for (const line of (await response.text()).split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, name = '', value = ''] = /^([a-z_]+(?:\{(?:[a-z_]+="(?:[^"\\]|\\.)*",?)*\})?) (\S+)$/.exec(line) ?? [];
    if (name === '') throw new Error(`Not a sample: ${line}`);
    samples.set(name, Number(value));
  }
  return samples;
}
