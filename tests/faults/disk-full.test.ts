import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runSql } from '../fixtures/client.ts';
import { someEngine } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import type { FreshDatabase } from '../fixtures/fresh-database.ts';
import { fieldsOf, succeed } from '../fixtures/lockstep.ts';
import { configure, testProduct } from '../fixtures/product.ts';
import { runProgram } from '../fixtures/program.ts';
import type { Outcome } from '../fixtures/program.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const command = join(import.meta.dirname, '../../packages/cli/bin/lockstep.js');

/** Runs a verb that can't make a file larger than so many kilobytes: the system refuses to write more, as on a full disk. */
function limited(kilobytes: number, url: string, args: readonly string[], cwd?: string): Promise<Outcome> {
  const script = 'ulimit -f "$1"; exec "${@:2}"';
  const verb = [process.execPath, command, '--database-url', url, ...args];
  return runProgram('bash', ['-c', script, 'bash', `${kilobytes}`, ...verb], cwd === undefined ? {} : { cwd });
}

describe('on a disk that is full', () => {
  let source: FreshDatabase;

  beforeAll(async () => {
    source = await freshDatabase(someEngine());
    await succeed(source.url, ['migrate', '--to', '1.1.0']);
    await succeed(source.url, ['sample', '--tables', '200']);
  });

  it.each([4, 64, 150])(
    'a backup leaves nothing behind (after %d kB), and the next one is whole',
    async (kilobytes) => {
      const folder = await temporaryFolder();
      const failed = await limited(kilobytes, source.url, ['backup', '--to', folder]);
      expect(failed).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/STORAGE_FAILED: .*(file too large|EFBIG)/i),
      });
      expect(await readdir(folder)).toEqual([]);
      const { backup } = await succeed(source.url, ['backup', '--to', folder]);
      await succeed(source.url, ['verify', String(fieldsOf(backup)['file'])]);
    },
  );

  it('a restore into an embedded database is unfinished, and the next one finishes it', async () => {
    const product = await testProduct({
      'V1.0.0.1__t.sql': 'CREATE TABLE t (id int PRIMARY KEY, text text);',
    });
    await configure(product, '1.0.0');
    const { folder: cwd } = product;
    const large = await freshDatabase(someEngine('postgres'));
    await succeed(large.url, ['migrate'], { cwd });
    // The table is larger than any other file of the database, such as those of the log.
    await runSql(large, `INSERT INTO t SELECT n, repeat(md5(n::text), 10) FROM generate_series(1, 80000) n`);
    const { backup } = await succeed(large.url, ['backup', '--to', await temporaryFolder()], { cwd });
    const restore = ['restore', String(fieldsOf(backup)['file'])];
    const target = `pglite:${await temporaryFolder()}/data`;
    const failed = await limited(20_000, target, restore, cwd);
    expect([failed.code, failed.stderr]).toEqual([5, expect.stringContaining('RESTORE_UNFINISHED')]);
    await succeed(target, restore, { cwd });
    expect(await succeed(target, ['digest'], { cwd })).toEqual(await succeed(large.url, ['digest'], { cwd }));
  });
});
