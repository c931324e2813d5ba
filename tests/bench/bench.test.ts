import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { engines } from '../fixtures/engines.ts';
import { fieldsOf } from '../fixtures/lockstep.ts';
import { runProgram } from '../fixtures/program.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const script = join(import.meta.dirname, '../../bench/run.mjs');
// A server says more than the embedded engine: it has client programs to compare with.
const engine = engines.find(({ family, url }) => family === 'postgres' && url !== undefined)?.name ?? 'pglite';

it.each(['backup', 'restore', 'start'])('measures %s', { timeout: 600_000 }, async (suite) => {
  const file = join(await temporaryFolder(), 'result.json');
  const args = [suite, '--engine', engine, '--size', '10MB', '--pairs', '1', '--json', file];
  const { code, stdout, stderr } = await runProgram(process.execPath, [script, ...args]);
  expect({ code, stderr, stdout }).toMatchObject({ code: 0 });

  const result = fieldsOf(JSON.parse(await readFile(file, 'utf8')));
  expect(result).toMatchObject({ suite, engine, size: '10MB' });
  const ours = fieldsOf(result['ours']);
  expect(Number(ours['seconds'])).toBeGreaterThan(0);
  expect(Number(ours['rssMb'])).toBeGreaterThan(10);
  const peers = Object.values(fieldsOf(result['peers'])).map((peer) => Number(fieldsOf(peer)['seconds']));
  if (suite === 'start') return expect([peers, result['ratio']]).toEqual([[], null]);
  expect(peers.length).toBeGreaterThan(0);
  expect(Number(result['ratio'])).toBeCloseTo(Number(ours['seconds']) / Math.min(...peers), 1);
});

it('says how it is used when it is called wrongly', async () => {
  for (const args of [
    [],
    ['backup'],
    ['backup', '--engine', 'oracle'],
    ['backup', '--engine', 'pglite', '--size', '1'],
  ]) {
    const { code, stderr } = await runProgram(process.execPath, [script, ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain('usage: npm run bench');
  }
});
