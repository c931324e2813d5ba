import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { engines } from '../fixtures/engines.ts';
import { fieldsOf } from '../fixtures/lockstep.ts';
import { runProgram } from '../fixtures/program.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const script = join(import.meta.dirname, '../../bench/run.mjs');

/** By family, what else than Lockstep is measured, and a set for each suite so that all of them are made somewhere. */
const families = {
  postgres: {
    backup: { set: 'edges', peers: ['pg_dump -Fd -j2 --compress=zstd:1', 'pg_dump | zstd -1'] },
    restore: { set: 'many', peers: ['pg_restore -j2', 'zstd -dc | psql'] },
    start: { set: 'mix', peers: [] },
  },
  mysql: {
    backup: { set: 'giant', peers: ['mysqldump | zstd -1', 'mydumper -t 2, zstd -1'] },
    restore: { set: 'documents', peers: ['zstd -dc | mysql', 'zstd -d, myloader -t 2'] },
  },
  mariadb: {
    backup: { set: 'rows', peers: ['mariadb-dump | zstd -1', 'mydumper -t 2, zstd -1'] },
    restore: { set: 'mix', peers: ['zstd -dc | mariadb', 'zstd -d, myloader -t 2'] },
  },
};

/** One server of each family: it has client programs to compare with. */
const servers = Object.entries(families).flatMap(([family, suites]) => {
  const engine = engines.find((each) => each.family === family && each.url !== undefined)?.name;
  if (engine === undefined) return [];
  return Object.entries(suites).map(([suite, { set, peers }]) => ({ engine, suite, set, peers }));
});
const embedded = engines
  .filter(({ name }) => name === 'pglite')
  .map(({ name }) => ({ engine: name, suite: 'backup', set: 'mix', peers: ['dumpDataDir of PGlite'] }));

it.each([...servers, ...embedded])('measures $suite of $set on $engine', { timeout: 600_000 }, async (asked) => {
  const { engine, suite, set, peers } = asked;
  const result = await bench([suite, '--engine', engine, '--set', set]);
  expect(result).toMatchObject({ suite, engine, set, size: '3MB' });
  const ours = fieldsOf(result['ours']);
  expect(Number(ours['seconds'])).toBeGreaterThan(0);
  expect(Number(ours['cpu'])).toBeGreaterThan(0);
  expect(Number(ours['rssMb'])).toBeGreaterThan(10);
  const others = fieldsOf(result['peers']);
  expect(Object.keys(others)).toEqual(peers);
  const seconds = Object.values(others).map((peer) => Number(fieldsOf(peer)['seconds']));
  if (suite === 'start') return expect(result['ratio']).toBeNull();
  expect(Number(result['ratio'])).toBeCloseTo(Number(ours['seconds']) / Math.min(...seconds), 1);
  expect(Object.keys(fieldsOf(ours['phases']))).toContain(suite === 'backup' ? 'backup:data' : 'restore:compare');
  if (engine === 'pglite') return;
  expect(Number(ours['serverCpu'])).toBeGreaterThan(0);
  if (suite !== 'backup') return expect(Number(result['ratioWithoutProof'])).toBeLessThan(Number(result['ratio']));
  expect(Number(result['sizeRatio'])).toBeGreaterThan(0);
  expect(Number(result['floorRatio'])).toBeGreaterThan(0);
});

it('says how it is used when it is called wrongly', async () => {
  for (const args of [
    [],
    ['backup'],
    ['backup', '--engine', 'oracle'],
    ['backup', '--engine', 'pglite', '--size', '1'],
    ['backup', '--engine', 'pglite', '--set', 'none'],
  ]) {
    const { code, stderr } = await runProgram(process.execPath, [script, ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain('usage: npm run bench');
  }
});

async function bench(args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const file = join(await temporaryFolder(), 'result.json');
  const all = [script, ...args, '--size', '3MB', '--pairs', '1', '--json', file];
  const { code, stdout, stderr } = await runProgram(process.execPath, all);
  expect({ code, stderr, stdout }).toMatchObject({ code: 0 });
  return fieldsOf(JSON.parse(await readFile(file, 'utf8')));
}
