import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import type { RunningCli } from '../fixtures/cli.ts';
import { spawnCli } from '../fixtures/cli.ts';
import { runSql } from '../fixtures/client.ts';
import { describeEachEngine, everyServer } from '../fixtures/engines.ts';
import type { FreshDatabase } from '../fixtures/fresh-database.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import { fieldsOf, succeed } from '../fixtures/lockstep.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { processList } from '../fixtures/process-list.ts';
import { until } from '../fixtures/until.ts';

const phases = ['restore:entered', 'restore:load', 'restore:index', 'restore:compare'] as const;

/** The server ends every connection to the database. */
async function cutConnections({ engine, url }: FreshDatabase): Promise<void> {
  const server = { engine, url: engine.url ?? url };
  const name = new URL(url).pathname.slice(1);
  if (engine.family === 'postgres') {
    const others = `datname = '${name}' AND pid <> pg_backend_pid()`;
    await runSql(server, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE ${others}`);
    return;
  }
  const list = await runSql(server, `SELECT id FROM ${processList(engine)} WHERE db = '${name}'`);
  for (const id of list.split('\n').filter((line) => line !== '')) {
    await runSql(server, `KILL ${id}`).catch((error: unknown) => {
      if (!String(error).includes('Unknown thread id')) throw error;
    });
  }
}

async function held(cli: RunningCli): Promise<void> {
  await until(
    () => cli.output().stderr.includes('holding at'),
    () => cli.output().stderr,
  );
}

// An embedded database has no server that could give way.
describeEachEngine(
  'a restore whose connections are cut',
  (engine) => {
    let source: FreshDatabase;
    let file: string;

    beforeAll(async () => {
      source = await freshDatabase(engine);
      await succeed(source.url, ['migrate']);
      await succeed(source.url, ['sample', '--tables', '20']);
      const { backup } = await succeed(source.url, ['backup', '--to', await temporaryFolder()]);
      file = String(fieldsOf(backup)['file']);
    });

    it('says that it is unfinished (5), and the next run finishes it', { timeout: 300_000 }, async () => {
      const target = await freshDatabase(engine);
      for (const phase of phases) {
        const cli = spawnCli(['--database-url', target.url, '--json', 'restore', file], {
          env: { LOCKSTEP_HOLD_AT: phase },
        });
        await held(cli);
        await cutConnections(target);
        // The news have to reach the client before it goes on.
        await sleep(100);
        process.kill(cli.pid, 'SIGUSR2');
        const { code, stdout } = await cli.ended;
        const { error } = fieldsOf(JSON.parse(stdout));
        expect([phase, fieldsOf(error)['code'], code]).toEqual([phase, 'RESTORE_UNFINISHED', 5]);
        expect(fieldsOf(error)['next']).toContain('Run the same command again');
      }
      await succeed(target.url, ['restore', file]);
      expect(await succeed(target.url, ['digest'])).toEqual(await succeed(source.url, ['digest']));
    });

    it('leaves chosen tables as they were', { timeout: 300_000 }, async () => {
      const target = await freshDatabase(engine);
      await succeed(target.url, ['restore', file]);
      const before = await succeed(target.url, ['digest']);
      const tables = ['--table', 'entity_version', '--replace'];
      const cli = spawnCli(['--database-url', target.url, '--json', 'restore', file, ...tables], {
        env: { LOCKSTEP_HOLD_AT: 'restore:compare' },
      });
      await held(cli);
      await cutConnections(target);
      await sleep(100);
      process.kill(cli.pid, 'SIGUSR2');
      expect((await cli.ended).code).toBe(1);
      expect(await succeed(target.url, ['digest'])).toEqual(before);
      const { bytesRead, bytes } = await succeed(target.url, ['restore', file, ...tables]);
      expect(bytesRead).toBeLessThan(Number(bytes));
      expect(await succeed(target.url, ['digest'])).toEqual(before);
    });
  },
  everyServer,
);
