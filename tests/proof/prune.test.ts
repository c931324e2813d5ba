import { readdir, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { writeSample } from '../../packages/core/tests/backup/sample.ts';
import { runCli, spawnCli } from '../fixtures/cli.ts';
import { someEngine } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import { lockstep, succeed } from '../fixtures/lockstep.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { until } from '../fixtures/until.ts';

const prune = ['prune', '--keep-last', '1'];
const why = expect.arrayContaining(['an unfinished upgrade goes back to it']);

/** A newer backup of the catalog. */
async function add(folder: string): Promise<string> {
  const takenAt = new Date(Date.now() + 60_000).toISOString();
  const name = `catalog-1.2.0-${takenAt.replace(/[-:.]/g, '')}.sql.zst`;
  await writeFile(join(folder, name), (await writeSample({ manifest: { product: 'catalog', takenAt } })).bytes);
  return name;
}

/** Kills an upgrade when it has its backup; gives the backup's name. */
async function killUpgrade(url: string, cwd: string): Promise<string> {
  await succeed(url, ['migrate', '--to', '1.0.0'], { cwd });
  await succeed(url, ['sample', '--tables', '20'], { cwd });
  const upgrade = ['--database-url', url, 'upgrade', '--backup-to', 'backups'];
  const running = spawnCli(upgrade, { cwd, env: { LOCKSTEP_HOLD_AT: 'upgrade:saved' } });
  await until(
    () => running.output().stderr.includes('holding at'),
    () => running.output().stderr,
  );
  running.kill();
  await running.ended;
  const [name = ''] = await readdir(join(cwd, 'backups'));
  return name;
}

it('keeps the backup that an upgrade goes back to, where the database is known', async () => {
  const { url } = await freshDatabase(someEngine());
  const cwd = await temporaryFolder();
  const backups = join(cwd, 'backups');
  const env = { LOCKSTEP_BACKUPS: backups };
  const needed = await killUpgrade(url, cwd);
  const newest = await add(backups);
  expect(await succeed(url, prune, { cwd, env })).toMatchObject({
    kept: [{ file: join(backups, newest) }, { file: join(backups, needed), why }],
    removed: [],
  });
  const { stdout } = await runCli(['--database-url', url, ...prune], { cwd, env });
  expect(stdout).toMatch(new RegExp(`^keep .* an unfinished upgrade goes back to it +\\S*${needed}$`, 'm'));

  // Without a database, nobody knows.
  const blind = await runCli(['--json', ...prune, '--dry-run'], { cwd, env });
  expect(JSON.parse(blind.stdout)).toMatchObject({ ok: true, removed: [{ file: join(backups, needed) }] });
  // One that does not answer could need any of them.
  const silent = await lockstep('postgres://nobody@127.0.0.1:1/nothing', prune, { cwd, env });
  expect(silent).toMatchObject({ code: 1, error: 'SERVER_UNREACHABLE' });

  const path = join(backups, needed);
  await truncate(path, 1000);
  const damaged = await lockstep(url, ['prune', needed], { cwd, env });
  expect(damaged).toMatchObject({
    code: 3,
    error: 'BACKUP_NEEDED',
    stderr: expect.stringContaining('goes back to it'),
  });
  expect(await readdir(backups)).toEqual([needed, newest]);
});

it('asks the embedded database that is used where no other is named', async () => {
  const cwd = await temporaryFolder();
  const env = { LOCKSTEP_BACKUPS: 'backups' };
  const needed = await killUpgrade('pglite:.lockstep/data', cwd);
  const newest = await add(join(cwd, 'backups'));
  const { stdout } = await runCli(['--json', ...prune], { cwd, env });
  const { kept } = JSON.parse(stdout);
  expect(kept).toMatchObject([{}, { why }]);
  expect(kept.map(({ file }: { file: string }) => basename(file))).toEqual([newest, needed]);
});
