import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { lockstep, succeed } from '../fixtures/lockstep.ts';
import { runProgram } from '../fixtures/program.ts';
import type { Outcome } from '../fixtures/program.ts';
import { someEngine } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { tool } from '../fixtures/tools.ts';

const command = join(import.meta.dirname, '../../packages/cli/bin/lockstep.js');

describe('a backup to stdout', () => {
  let url: string;
  let folder: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    ({ url } = await freshDatabase(someEngine()));
    await succeed(url, ['migrate']);
    await succeed(url, ['sample', '--tables', '20']);
  });

  /** Runs a line of bash in which $lockstep is the command line on the database. */
  const bash = (line: string): Promise<Outcome> =>
    runProgram('bash', ['-o', 'pipefail', '-c', line], {
      cwd: folder,
      env: { lockstep: `${process.execPath} ${command} --database-url ${url}`, zstd: tool('zstd') },
    });

  it('is the whole archive and nothing else', async () => {
    const taken = await bash('$lockstep backup --to - > a.sql.zst');
    expect(taken).toMatchObject({ code: 0, stdout: '' });
    expect(taken.stderr).toMatch(/^stdout\ncatalog .*\n\d+ rows in /m);
    const { backup } = await succeed(url, ['verify', join(folder, 'a.sql.zst')]);
    expect(backup).toMatchObject({ bytes: (await stat(join(folder, 'a.sql.zst'))).size });
    // The way in is the way out.
    expect(await bash('$lockstep backup --to - | $lockstep verify -')).toMatchObject({ code: 0 });
    expect((await bash('$lockstep backup --to - | $zstd -dc')).stdout).toMatch(/^COPY .* FROM stdin/m);
  });

  it('is refused where it would get mixed with something else', async () => {
    expect(await lockstep(url, ['backup', '--to', '-'])).toMatchObject({ error: 'USAGE', code: 2 });
    const onTerminal = await bash('script -qec "$lockstep backup --to -" /dev/null');
    expect(onTerminal.stdout).toMatch(/USAGE: a backup is not written to a terminal/);
    expect(await lockstep(url, ['upgrade', '--backup-to', '-'])).toMatchObject({ error: 'STORAGE_INVALID', code: 2 });
  });

  it('fails if nobody reads it to its end', async () => {
    const outcome = await bash('$lockstep backup --to - | head -c 10 | wc -c; echo "${PIPESTATUS[0]}"');
    expect(outcome.stdout.split('\n')).toEqual(['10', '1', '']);
    expect(outcome.stderr).toMatch(/STORAGE_FAILED: stdout cannot be used/);
  });
});
