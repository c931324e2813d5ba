import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { spawnCli } from '../fixtures/cli.ts';
import { describeEachEngine, everyServer } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import type { FreshDatabase } from '../fixtures/fresh-database.ts';
import { fieldsOf, succeed } from '../fixtures/lockstep.ts';
import { privateServer } from '../fixtures/private-server.ts';
import type { PrivateServer } from '../fixtures/private-server.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { until } from '../fixtures/until.ts';
import { thorough } from './places.ts';

// An embedded database dies with its process; tests/crash/crash.test.ts kills that.
describeEachEngine(
  'when the database server dies and comes back',
  (engine) => {
    let server: PrivateServer;
    let source: FreshDatabase;
    let digest: Readonly<Record<string, unknown>>;

    /** Runs a verb up to a phase, lets the server die, and the verb find out. */
    const dieAt = async (
      phase: string,
      url: string,
      args: readonly string[],
    ): Promise<Readonly<Record<string, unknown>>> => {
      const cli = spawnCli(['--database-url', url, '--json', ...args], { env: { LOCKSTEP_HOLD_AT: phase } });
      await until(
        () => cli.output().stderr.includes('holding at'),
        () => cli.output().stderr,
      );
      await server.kill();
      process.kill(cli.pid, 'SIGUSR2');
      const { code, stdout, stderr } = await cli.ended;
      if (stdout === '') throw new Error(`${args[0]} ended with ${code} at ${phase}: ${stderr}`);
      await server.start();
      return { code, error: fieldsOf(fieldsOf(JSON.parse(stdout))['error'])['code'] };
    };

    beforeAll(async () => {
      server = await privateServer(engine);
      source = await freshDatabase(server.engine);
      await succeed(source.url, ['migrate', '--to', '1.1.0']);
      await succeed(source.url, ['sample', '--tables', '20']);
      digest = await succeed(source.url, ['digest']);
    });

    it('a backup leaves no file, and the next one is whole', async () => {
      const folder = await temporaryFolder();
      for (const phase of ['backup:data:3', 'backup:finish']) {
        const ended = await dieAt(phase, source.url, ['backup', '--to', folder]);
        // What it needed of the server it may have had already.
        if (phase !== 'backup:finish') expect([phase, ended]).toEqual([phase, { code: 1, error: 'CONNECTION_LOST' }]);
        const names = await readdir(folder);
        expect([phase, names.length]).toEqual([phase, ended['code'] === 0 ? 1 : 0]);
        if (names[0] !== undefined) await succeed(source.url, ['verify', join(folder, names[0])]);
      }
      const { backup } = await succeed(source.url, ['backup', '--to', folder]);
      await succeed(source.url, ['verify', String(fieldsOf(backup)['file'])]);
      expect(await succeed(source.url, ['digest'])).toEqual(digest);
    });

    it('a restore is unfinished, and the next one finishes it', async () => {
      const { backup } = await succeed(source.url, ['backup', '--to', await temporaryFolder()]);
      const restore = ['restore', String(fieldsOf(backup)['file'])];
      const target = await freshDatabase(server.engine);
      for (const phase of ['restore:load:3', 'restore:index', 'restore:compare']) {
        const ended = await dieAt(phase, target.url, restore);
        expect([phase, ended]).toEqual([phase, { code: 5, error: 'RESTORE_UNFINISHED' }]);
        expect(await succeed(target.url, ['info'])).toMatchObject({ phase: 'restoring' });
      }
      await succeed(target.url, restore);
      expect(await succeed(target.url, ['digest'])).toEqual(digest);
    });

    it('a migration goes on', async () => {
      const target = await freshDatabase(server.engine);
      const ended = await dieAt('migrate:applied:2', target.url, ['migrate']);
      // Before each migration it looks at the lock first, which has gone with the server.
      expect(ended).toEqual({ code: 5, error: 'LOCK_LOST' });
      await succeed(target.url, ['migrate']);
      expect(await succeed(target.url, ['validate'])).toMatchObject({ drifted: false });
    });
  },
  // The short run takes one server of Postgres and one of MySQL.
  (engine) => everyServer(engine) && (thorough || ['postgres18', 'mysql9'].includes(engine.name)),
);
