import { copyFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { engines } from '../fixtures/engines.ts';
import { fieldsOf } from '../fixtures/lockstep.ts';
import { runProgram } from '../fixtures/program.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const script = join(import.meta.dirname, '../../bench/run.mjs');
const page = join(import.meta.dirname, '../../docs/performance.md');

type Fields = Readonly<Record<string, unknown>>;

/** By family, what is measured in one run of all suites, and what else than Lockstep in it. */
const families: Record<string, { suites: string[]; sets: string[]; backup: string[]; restore: string[] }> = {
  postgres: {
    suites: ['backup', 'restore', 'writers', 'start', 'migrate', 'noop', 'backfill'],
    sets: ['mix'],
    backup: ['pg_dump -Fd -j2 --compress=zstd:1', 'pg_dump | zstd -1'],
    restore: ['pg_restore -j2', 'zstd -dc | psql'],
  },
  mysql: {
    suites: ['backup', 'restore', 'growth'],
    sets: ['mix'],
    backup: ['mysqldump | zstd -1', 'mydumper -t 2, zstd -1'],
    restore: ['zstd -dc | mysql', 'zstd -d, myloader -t 2'],
  },
  mariadb: {
    suites: ['backup', 'restore'],
    sets: ['edges'],
    backup: ['mariadb-dump | zstd -1', 'mydumper -t 2, zstd -1'],
    restore: ['zstd -dc | mariadb', 'zstd -d, myloader -t 2'],
  },
};

/** One server of each family: it has client programs to compare with. */
const servers = Object.entries(families).flatMap(([family, measured]) => {
  const engine = engines.find((each) => each.family === family && each.url !== undefined)?.name;
  return engine === undefined ? [] : [{ engine, ...measured }];
});

describe.each(servers)('on $engine', ({ engine, suites, sets, backup, restore }) => {
  it('measures all that is asked for, and writes the page', { timeout: 600_000 }, async () => {
    const folder = await temporaryFolder();
    const copy = join(await temporaryFolder(), 'performance.md');
    await copyFile(page, copy);
    const asked = ['--engine', engine, '--set', sets.join(','), '--suite', suites.join(',')];
    await bench(['all', ...asked, '--json', folder, '--page', copy]);

    const results = await resultsIn(folder);
    const hasWriters = suites.includes('writers') ? 1 : 0;
    const others = suites.filter((suite) => ['growth', 'start', 'migrate', 'noop', 'backfill'].includes(suite)).length;
    expect(results).toHaveLength(sets.length * 2 + hasWriters + others);
    for (const result of results) {
      expect(result).toMatchObject({ engine, size: '2MB', pairs: 1 });
      if (result['suite'] === 'backup') expectBackup(result, backup);
      if (result['suite'] === 'restore') expectRestore(result, restore);
      if (result['suite'] === 'writers') expectWriters(result, backup);
      if (result['suite'] === 'growth') expectGrowth(result);
      if (result['suite'] === 'migrate') expectCompared(result, ['node-pg-migrate', 'knex', 'postgrator', 'dbmate']);
      if (result['suite'] === 'noop') expectCompared(result, ['postgrator']);
      if (result['suite'] === 'backfill') expectBackfill(result);
    }
    const written = await readFile(copy, 'utf8');
    expect(written.match(new RegExp(`^\\| ${titleOf(results)} `, 'gm'))).toHaveLength(results.length);
    expect(written).not.toMatch(/undefined|NaN|still to be added/);
  });
});

const embedded = engines.filter(({ url }) => url === undefined).map(({ name }) => name);

it.each(embedded)('measures %s, which has no client programs', { timeout: 600_000 }, async (engine) => {
  const file = join(await temporaryFolder(), 'result.json');
  await bench(['backup', '--engine', engine, '--json', file]);
  const result = fieldsOf(JSON.parse(await readFile(file, 'utf8')));
  expectRatio(result, ['dumpDataDir of PGlite']);
});

const mariadb = servers.filter(({ engine }) => engine.startsWith('mariadb')).map(({ engine }) => engine);

it.each(mariadb)('measures a thousand tables on %s', { timeout: 600_000 }, async (engine) => {
  const file = join(await temporaryFolder(), 'result.json');
  await bench(['backup', '--engine', engine, '--set', 'many', '--json', file]);
  expectBackup(fieldsOf(JSON.parse(await readFile(file, 'utf8'))), families['mariadb']?.backup ?? []);
});

it('says how it is used when it is called wrongly', async () => {
  for (const args of [
    [],
    ['backup'],
    ['backup', '--engine', 'oracle'],
    ['backup', '--engine', 'pglite', '--size', '1'],
    ['backup', '--engine', 'pglite', '--set', 'none'],
    ['all'],
    ['all', '--json', 'folder', '--suite', 'none'],
    ['page', '--json', 'folder'],
  ]) {
    const { code, stderr } = await runProgram(process.execPath, [script, ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain('usage: npm run bench');
  }
});

async function bench(args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await runProgram(process.execPath, [
    script,
    ...args,
    '--size',
    '2MB',
    '--pairs',
    '1',
  ]);
  expect({ code, stderr, stdout }).toMatchObject({ code: 0 });
}

async function resultsIn(folder: string): Promise<Fields[]> {
  const files = await readdir(folder);
  return Promise.all(files.map(async (file) => fieldsOf(JSON.parse(await readFile(join(folder, file), 'utf8')))));
}

/** The ratio is that of the seconds, and everything was measured of ours and of all others. */
function expectRatio(result: Fields, names: readonly string[]): void {
  const ours = fieldsOf(result['ours']);
  const peers = fieldsOf(result['peers']);
  expect(Object.keys(peers)).toEqual(names);
  for (const each of [ours, ...Object.values(peers).map(fieldsOf)]) {
    for (const figure of ['seconds', 'cpu']) expect(Number(each[figure]), figure).toBeGreaterThan(0);
    // So small a run of another may be over before anybody has looked at its memory.
    expect(Number(each['rssMb'])).toBeGreaterThanOrEqual(each === ours ? 1 : 0);
  }
  const fastest = Math.min(...Object.values(peers).map((peer) => Number(fieldsOf(peer)['seconds'])));
  expect(Number(result['ratio'])).toBeCloseTo(Number(ours['seconds']) / fastest, 1);
}

/** Only some of the others do what Lockstep does. */
function expectCompared(result: Fields, names: readonly string[]): void {
  expect(result['compared']).toEqual(names);
  const seconds = names.map((name) => Number(fieldsOf(fieldsOf(result['peers'])[name])['seconds']));
  const ours = Number(fieldsOf(result['ours'])['seconds']);
  expect(Number(result['ratio'])).toBeCloseTo(ours / Math.min(...seconds), 1);
}

function expectBackup(result: Fields, names: readonly string[]): void {
  expectRatio(result, names);
  expect(Number(fieldsOf(result['ours'])['serverCpu'])).toBeGreaterThan(0);
  expect(Number(result['sizeRatio'])).toBeGreaterThan(0);
  expect(Number(result['floorRatio'])).toBeGreaterThan(0);
}

function expectRestore(result: Fields, names: readonly string[]): void {
  expectRatio(result, names);
  expect(Object.keys(fieldsOf(fieldsOf(result['ours'])['phases']))).toContain('restore:compare');
  expect(Number(result['ratioWithoutProof'])).toBeLessThan(Number(result['ratio']));
}

function expectWriters(result: Fields, names: readonly string[]): void {
  const peers = fieldsOf(result['peers']);
  expect(Object.keys(peers)).toEqual(names);
  for (const each of [result['ours'], result['undisturbed'], ...Object.values(peers)]) {
    const waits = fieldsOf(fieldsOf(each)['waits']);
    expect(Number(waits['count'])).toBeGreaterThan(0);
    expect(Number(waits['maxMs'])).toBeGreaterThanOrEqual(Number(waits['p99Ms']));
    expect(Number(waits['p99Ms'])).toBeGreaterThanOrEqual(Number(waits['medianMs']));
  }
}

function expectGrowth(result: Fields): void {
  expect(result['steps']).toMatchObject([{ size: '0.5MB' }, { size: '2MB' }]);
  expect(Object.keys(fieldsOf(result['exponents']))).toEqual(['backup', 'restore']);
}

/** Two megabytes are twenty thousand rows; the ratios say what the figures say. */
function expectBackfill(result: Fields): void {
  const ours = fieldsOf(result['ours']);
  const peers = fieldsOf(result['peers']);
  const [update, loop] = ['one UPDATE', 'SELECT and UPDATE per row'].map((name) => fieldsOf(peers[name]));
  expect(result['rows']).toBe(20_000);
  for (const each of [ours, update, loop]) expect(Number(each?.['rate'])).toBeGreaterThan(0);
  expect(Number(result['updateRatio'])).toBeCloseTo(Number(ours['seconds']) / Number(update?.['seconds']), 1);
  expect(Number(result['loopRatio'])).toBeCloseTo(Number(ours['rate']) / Number(loop?.['rate']), 1);
  expect(Number(result['memoryRatio'])).toBeGreaterThan(0);
}

function titleOf(results: readonly Fields[]): string {
  return String(results[0]?.['title']).replaceAll('.', String.raw`\.`);
}
