import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { beforeAll, expect, it } from 'vitest';
import { runSql } from '../fixtures/client.ts';
import { describeEachVersion } from '../fixtures/engines.ts';
import { freshDatabase, type FreshDatabase } from '../fixtures/fresh-database.ts';
import { fieldsOf } from '../fixtures/lockstep.ts';
import { runProgram } from '../fixtures/program.ts';
import { nodes, tool } from '../fixtures/tools.ts';

describeEachVersion('a fresh database', (engine) => {
  let database: FreshDatabase;
  beforeAll(async () => {
    database = await freshDatabase(engine);
  });

  it('holds what is written to it', async () => {
    const printed = await runSql(
      database,
      "create table t (a int, b text); insert into t values (1, 'ä'); select * from t",
    );
    expect(printed).toBe('1\tä');
  });

  it('stops at an error', async () => {
    await expect(runSql(database, 'select * from missing; select 1')).rejects.toThrow(/missing/);
  });

  it('is gone after it is dropped', async () => {
    await database.drop();
    if (engine.url === undefined) expect(existsSync(database.url.slice('pglite:'.length))).toBe(false);
    else await expect(runSql(database, 'select 1')).rejects.toThrow(/does not exist|Unknown database/);
  });
});

it('has the tools that users read backups with', async () => {
  const packed = await runProgram('bash', ['-c', 'echo text | "$0" -c | "$0" -dc', tool('zstd')]);
  expect(packed).toEqual({ code: 0, stdout: 'text\n', stderr: '' });
  expect((await runProgram(tool('age'), ['--version'])).code).toBe(0);
});

it.each(nodes)('has Node %s', async (major, program) => {
  expect((await runProgram(program, ['-p', 'process.versions.node.split(".")[0]'])).stdout.trim()).toBe(major);
});

it('gives the bundled command line the versions that the core has', async () => {
  const [cli, core] = await Promise.all(['cli', 'core'].map(dependenciesOf));
  const both = Object.keys(cli ?? {}).filter((name) => name in (core ?? {}));
  expect(both).toEqual(['@electric-sql/pglite', 'libpg-query']);
  expect(both.map((name) => cli?.[name])).toEqual(both.map((name) => core?.[name]));
});

async function dependenciesOf(name: string): Promise<Record<string, unknown>> {
  const manifest = new URL(`../../packages/${name}/package.json`, import.meta.url);
  return fieldsOf(fieldsOf(JSON.parse(await readFile(manifest, 'utf8')))['dependencies']);
}
