import { existsSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeSample } from '../../packages/core/tests/backup/sample.ts';
import { runCli } from '../fixtures/cli.ts';
import { fieldsOf, lockstep } from '../fixtures/lockstep.ts';
import type { Answer } from '../fixtures/lockstep.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

// These verbs look at files only. This database is never opened: its folder would be there afterwards.
const nowhere = 'pglite:.lockstep/data';

let cwd: string;
beforeEach(async () => {
  cwd = await temporaryFolder();
  process.env['LOCKSTEP_BACKUPS'] = cwd;
});

afterEach(() => expect(existsSync(join(cwd, '.lockstep'))).toBe(false));

/** Writes a backup of the catalog that is so many hours old; returns its name. */
async function add(hours: number): Promise<string> {
  const takenAt = new Date(Date.now() - hours * 3_600_000).toISOString();
  const name = `catalog-1.2.0-${takenAt.replace(/[-:.]/g, '')}.sql.zst`;
  writeFileSync(join(cwd, name), (await writeSample({ manifest: { product: 'catalog', takenAt } })).bytes);
  return name;
}

const run = (...args: string[]): Promise<Answer> => lockstep(nowhere, args, { cwd });
const files = (): string[] => readdirSync(cwd).filter((name) => name.endsWith('.zst'));
const configure = (content: object): void => writeFileSync(join(cwd, 'lockstep.config.json'), JSON.stringify(content));

it('checks backups in one line, with an exit code', async () => {
  expect(await run('backups', '--check')).toMatchObject({ code: 4, ok: false, json: { check: { newest: null } } });
  await add(30);
  expect(await run('backups', '--check', '--max-age', '2d')).toMatchObject({ code: 0, ok: true });
  const late = await runCli(['backups', '--check', '--max-age', '26h', '--database-url', nowhere], { cwd });
  expect(late).toEqual({
    code: 4,
    stderr: '',
    stdout: 'WRONG: the newest backup is 30.0 h old, more than 26.0 h\n',
  });
  expect(await run('backups', '--check', '--proven')).toMatchObject({ code: 4 });
  const name = await add(1);
  truncateSync(join(cwd, name), 500);
  const { json } = await run('backups', '--check');
  expect(fieldsOf(json['check'])).toMatchObject({ problems: [{ kind: 'newest damaged' }], age: expect.any(Number) });
});

it.each([
  [['backups', '--max-age', '26h']],
  [['backups', '--proven']],
  [['backups', '--check', '--max-age', '26']],
  [['verify', 'x', '--scratch-url', nowhere]],
  [['prune', '--keep-last', '-1']],
  [['prune', '--keep-daily', '1', '--time-zone', 'Europe/Atlantis']],
  [['prune']],
])('refuses %j as wrong usage', async (args) => {
  expect(await run(...args)).toMatchObject({ code: 2, ok: false });
});

it('prunes by the configuration, or by options in its place', async () => {
  const names = [await add(300), await add(200), await add(100)];
  configure({ backups: { keep: { last: 2 } } });
  const dry = await run('prune', '--dry-run');
  expect(dry).toMatchObject({ code: 0, json: { dryRun: true, removed: [{ file: join(cwd, names[0] ?? '') }] } });
  expect(files()).toEqual(names);
  expect(await run('prune', '--keep-last', '3')).toMatchObject({ code: 0, json: { removed: [] } });
  expect(await run('prune')).toMatchObject({ code: 0, json: { dryRun: false, removed: [{}], kept: [{}, {}] } });
  expect(files()).toEqual(names.slice(1));
  truncateSync(join(cwd, names[2] ?? ''), 500);
  expect(await run('prune', names[1] ?? '')).toMatchObject({ code: 3, error: 'BACKUP_SOUND' });
  expect(await run('prune', names[2] ?? '')).toMatchObject({ code: 0 });
  expect(files()).toEqual(names.slice(1, 2));
});

it.each([
  [{ backups: { keep: { last: '3' } } }, 'backups.keep.last'],
  [{ backups: { keep: { daily: -1 } } }, 'backups.keep.daily'],
  [{ backups: { keep: { yearly: 1 } } }, 'backups.keep.yearly'],
  [{ backups: { schedule: {} } }, 'backups.schedule.cron'],
  [{ backups: { schedule: { cron: '0 0 * * *', prove: 'yes' } } }, 'backups.schedule.prove'],
  [{ version: '1.0.0', backups: {} }, 'name'],
])('names the place of what is wrong in %j', async (content, place) => {
  configure(content);
  expect(await run('backups')).toMatchObject({
    code: 2,
    error: 'CONFIG_INVALID',
    stderr: expect.stringContaining(` ${place}: `),
  });
});

it.each(['nightly', '0 0 30 2 *'])('refuses the schedule %s before it opens the database', async (cron) => {
  configure({ backups: { schedule: { cron } } });
  expect(await run('serve')).toMatchObject({ code: 2, error: 'SCHEDULE_INVALID' });
});

it('shows a page about a backup', async () => {
  const name = await add(5);
  const { code, stdout } = await runCli(['show', name, '--database-url', nowhere], { cwd });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Product +catalog 1\.2\.0, not sealed$/m);
  expect(stdout).toMatch(/^Taken .* UTC, 5 hours ago, by lockstep 0\.1\.0$/m);
  expect(stdout).toMatch(/^Holds +4 rows in 3 tables, 9 frames$/m);
  expect(stdout).toMatch(/^Proven +no;/m);
  const tables = stdout.slice(stdout.indexOf('table ')).split('\n');
  expect(tables.map((line) => line.split(' ')[0])).toEqual(['table', 'public.shop', 'public.item', 'public.empty', '']);
});
