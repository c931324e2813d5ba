import { chmod, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { spawnCli } from '../fixtures/cli.ts';
import { runSql } from '../fixtures/client.ts';
import { describeEachEngine } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import type { FreshDatabase } from '../fixtures/fresh-database.ts';
import { fieldsOf, succeed } from '../fixtures/lockstep.ts';
import { privateServer } from '../fixtures/private-server.ts';
import type { PrivateServer } from '../fixtures/private-server.ts';
import { configure, testProduct } from '../fixtures/product.ts';
import { runProgram } from '../fixtures/program.ts';
import { mayMount, SmallDisk } from '../fixtures/small-disk.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { prints } from '../start/serving.ts';

const megabyte = 1024 * 1024;

describeEachEngine(
  'when the disk of a database server is full',
  (engine) => {
    let cwd: string;
    let source: FreshDatabase;
    let file: string;
    let disk: SmallDisk;
    let server: PrivateServer;

    beforeAll(async () => {
      const table = 'CREATE TABLE t (id int PRIMARY KEY, text varchar(500)); CREATE INDEX t_text ON t (text);';
      const product = await testProduct({ 'V1.0.0.1__t.sql': table });
      await configure(product, '1.0.0');
      cwd = product.folder;
      source = await freshDatabase(engine);
      await succeed(source.url, ['release', '1.0.0'], { cwd });
      await succeed(source.url, ['migrate'], { cwd });
      await runSql(source, `INSERT INTO t VALUES (1, 'one')`);
      for (let count = 1; count < 2 ** 17; count *= 2) {
        await runSql(source, `INSERT INTO t SELECT id + ${count}, CONCAT(id, REPEAT('${count} ', 50)) FROM t`);
      }
      const { backup } = await succeed(source.url, ['backup', '--to', await temporaryFolder()], { cwd });
      file = String(fieldsOf(backup)['file']);
      if (!mayMount) return;
      disk = await SmallDisk.mount();
      server = await privateServer(engine, { home: disk.folder, options: logless[engine.family] ?? [] });
      if (engine.family === 'postgres') await moveLog(server, disk.folder);
    });

    it.skipIf(!mayMount).each([
      ['rows are loaded', 'restore:built'],
      ['indexes are built', 'restore:loaded'],
    ])('while %s, a restore is unfinished, and ends well when there is room', async (_, phase) => {
      await disk.leave(1024 * megabyte);
      const target = await freshDatabase(server.engine);
      const restore = ['restore', file];
      const cli = spawnCli(['--database-url', target.url, ...restore], { cwd, env: { LOCKSTEP_HOLD_AT: phase } });
      await prints(cli, 'holding at');
      await disk.leave(2 * megabyte);
      process.kill(cli.pid, 'SIGUSR2');
      const { code, stderr } = await cli.ended;
      expect([code, stderr]).toEqual([5, expect.stringMatching(/^RESTORE_UNFINISHED: .* The server has no room: /m)]);
      expect(stderr).toMatch(/^Run the same command again/m);
      await disk.leave(1024 * megabyte);
      await succeed(target.url, restore, { cwd });
      expect(await succeed(target.url, ['digest'], { cwd })).toEqual(await succeed(source.url, ['digest'], { cwd }));
    });
  },
  ({ name }) => name === 'postgres18' || name === 'mysql9',
);

/** Where the server's log has no room, MySQL waits for it or ends itself, as it is configured. */
const logless: Readonly<Record<string, readonly string[]>> = { mysql: ['--disable-log-bin'] };

/** Postgres ends itself there. It is advised to have its log on a disk of its own. */
async function moveLog(server: PrivateServer, home: string): Promise<void> {
  const elsewhere = await temporaryFolder();
  await chmod(elsewhere, 0o755);
  await server.kill();
  const log = join(home, 'data/pg_wal');
  const { code, stderr } = await runProgram('mv', [log, elsewhere]);
  if (code !== 0) throw new Error(stderr);
  await symlink(join(elsewhere, 'pg_wal'), log);
  await server.start();
}
