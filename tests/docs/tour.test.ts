import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runProgram } from '../fixtures/program.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { root } from './page.ts';

const script = join(root, 'scripts/tour.mjs');

it('plays to its end, and tells the same', { timeout: 600_000 }, async () => {
  const { code, stdout, stderr } = await runProgram(process.execPath, [script]);
  expect({ code, stderr, stdout }).toMatchObject({ code: 0, stderr: '' });
  const roots = [...stdout.matchAll(/^ +content ([0-9a-f]{64})$/gm)].map(([, content]) => content);
  expect(roots).toHaveLength(4);
  const [backup, restored, upgraded, carried] = roots;
  expect(restored).toBe(backup);
  expect(carried).toBe(upgraded);
  expect(upgraded).not.toBe(backup);
  expect(stdout).toContain('BACKUP_OTHER_RELEASE: The backup is of release 1.0.0. The database is at release 1.2.0.');
});

it('ends with 1 when something is not as told', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'packages/cli/bin'), { recursive: true });
  await cp(script, join(folder, 'scripts/tour.mjs'));
  // A command line that succeeds, and brings the database to another release than it was asked for.
  const wrong = `console.log('The database went from empty to release 1.1.0.');`;
  await writeFile(join(folder, 'packages/cli/bin/lockstep.js'), wrong);
  const { code, stdout } = await runProgram(process.execPath, [join(folder, 'scripts/tour.mjs')]);
  expect(code).toBe(1);
  expect(stdout).toContain('This is not as told: its output does not say "from empty to release 1.0.0".');
});
