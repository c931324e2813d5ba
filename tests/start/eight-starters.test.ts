import { expect, it } from 'vitest';
import { spawnCli } from '../fixtures/cli.ts';
import type { RunningCli } from '../fixtures/cli.ts';
import { describeEachEngine, everyServer } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import type { FreshDatabase } from '../fixtures/fresh-database.ts';
import { succeed } from '../fixtures/lockstep.ts';
import { until } from '../fixtures/until.ts';

const serve = (database: FreshDatabase, holdAt?: string): RunningCli =>
  spawnCli(
    ['--database-url', database.url, 'serve', '--port', '0'],
    holdAt === undefined ? {} : { env: { LOCKSTEP_HOLD_AT: holdAt } },
  );
const said = (server: RunningCli, text: string): boolean => server.output().stderr.includes(text);
const addressOf = (server: RunningCli): string => /serves on (\S+)/.exec(server.output().stderr)?.[1] ?? '';

describeEachEngine(
  'servers that start on one database',
  (engine) => {
    it('eight at once: one migrates, others wait for it, all serve', { timeout: 180_000 }, async () => {
      const database = await freshDatabase(engine);
      // The first one stops in the middle of its migration; that is the barrier at which the other seven arrive.
      const first = serve(database, 'migrate:applied');
      await until(
        () => said(first, 'holding at'),
        () => first.output().stderr,
      );
      const others = Array.from({ length: 7 }, () => serve(database));
      const everyone = [first, ...others];
      const tell = (): string => everyone.map((server) => server.output().stderr).join('\n---\n');
      await until(() => others.every((server) => said(server, 'Waiting for')), tell);
      const early = await fetch(`${/Listening on (\S+)/.exec(others[0]?.output().stderr ?? '')?.[1]}/healthz`);
      expect(early.status).toBe(200);
      process.kill(first.pid, 'SIGUSR2');
      await until(() => everyone.every((server) => said(server, 'serves on')), tell);

      for (const server of everyone) {
        const ready = await fetch(`${addressOf(server)}/readyz`);
        expect(ready.status).toBe(200);
      }
      expect(everyone.filter((server) => said(server, 'Migrating to 1.0.0.1'))).toEqual([first]);
      const info = await succeed(database.url, ['info']);
      expect(info).toMatchObject({ phase: 'ready', release: { database: '1.2.0' }, pending: [] });
      expect(info['leases']).toHaveLength(8);
      expect(info['history']).toHaveLength(8);

      for (const server of everyone) server.kill('SIGTERM');
      expect((await Promise.all(everyone.map((server) => server.ended))).map(({ code }) => code)).toEqual(
        Array(8).fill(0),
      );
      expect(await succeed(database.url, ['info'])).toMatchObject({ leases: [] });
    });
  },
  everyServer,
);
