import { expect, it } from 'vitest';
import { spawnCli } from '../fixtures/cli.ts';
import { runSql } from '../fixtures/client.ts';
import { describeEachEngine, everyServer } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import { fieldsOf, lockstep, succeed } from '../fixtures/lockstep.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { until } from '../fixtures/until.ts';

const corruptions: Readonly<Record<string, string>> = {
  'a value that was changed': `update entity_version set version = version + 0.1 where id = (select id from (select min(id) as id from entity_version) as v)`,
  'a row that was deleted': `delete from entity_version where id = (select id from (select min(id) as id from entity_version) as v)`,
  'a row that was added': `insert into user_entity (id, json) values ('zz', '{"id": "zz", "name": "zz", "fullyQualifiedName": "zz", "updatedAt": 1, "deleted": false}')`,
};

// The embedded database has no second way in while a restore holds its folder.
describeEachEngine(
  'a restore finds',
  (engine) => {
    it('every difference between the load and the comparison, and stays closed', { timeout: 180_000 }, async () => {
      const source = await freshDatabase(engine);
      await succeed(source.url, ['migrate', '--to', '1.0.0']);
      await succeed(source.url, ['sample', '--tables', '30']);
      const { backup } = await succeed(source.url, ['backup', '--to', await temporaryFolder()]);
      const file = String(fieldsOf(backup)['file']);
      const target = await freshDatabase(engine);
      for (const [what, statement] of Object.entries(corruptions)) {
        const restore = spawnCli(['--database-url', target.url, '--json', 'restore', file], {
          env: { LOCKSTEP_HOLD_AT: 'restore:compare' },
        });
        await until(
          () => restore.output().stderr.includes('holding at'),
          () => restore.output().stderr,
        );
        await runSql(target, statement);
        process.kill(restore.pid, 'SIGUSR2');
        const { code, stdout } = await restore.ended;
        expect([what, code, fieldsOf(fieldsOf(JSON.parse(stdout))['error'])['code']]).toEqual([
          what,
          1,
          'RESTORE_DIFFERS',
        ]);
        expect(await lockstep(target.url, ['info'])).toMatchObject({ json: { phase: 'restoring' } });
        expect((await spawnCli(['--database-url', target.url, 'serve', '--port', '0']).ended).code).toBe(3);
      }
      await succeed(target.url, ['restore', file]);
      expect(await succeed(target.url, ['digest'])).toEqual(await succeed(source.url, ['digest']));
    });
  },
  everyServer,
);
