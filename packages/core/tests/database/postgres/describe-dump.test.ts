import { expect, it } from 'vitest';
import type { Engine } from '../../../../../tests/fixtures/engines.ts';
import { runProgram } from '../../../../../tests/fixtures/program.ts';
import { describeEachServer } from './servers.ts';
import { makeShape, openEmpty, openZoo, zooSchemas } from './shapes.ts';

/** pg_dump is a witness that knows nothing of Lockstep: it must not be able to tell a database from its copy. */
describeEachServer('pg_dump', (engine) => {
  it('finds the same in a database and in what its DDL makes', async () => {
    const zoo = await openZoo(engine);
    const shape = await zoo.session.describe(zooSchemas);
    const copy = await openEmpty(engine);
    await makeShape(copy.session, shape);
    const [original, copied] = [await dump(engine, zoo.url), await dump(engine, copy.url)];
    expect(original.length).toBeGreaterThan(400);
    expect(copied.filter((statement) => !original.includes(statement))).toEqual([]);
    expect(original.filter((statement) => !copied.includes(statement))).toEqual([]);
  });

  it('finds the same after a restore has taken things away and put them back', async () => {
    const zoo = await openZoo(engine);
    const before = await dump(engine, zoo.url);
    const { after } = await zoo.session.describe(zooSchemas);
    const taken = after.filter(({ drop }) => drop !== undefined);
    for (const { drop } of taken.toReversed()) await zoo.session.execute(drop ?? '');
    expect(await dump(engine, zoo.url)).not.toEqual(before);
    for (const { create } of taken) await zoo.session.execute(create);
    expect(await dump(engine, zoo.url)).toEqual(before);
  });
});

/** The statements of a dump, sorted: objects of equal rank come in the order in which they were made. */
async function dump(engine: Engine, url: string): Promise<string[]> {
  const result = await runProgram(`${engine.programs}/pg_dump`, ['--schema-only', url], {});
  if (result.code !== 0) throw new Error(result.stderr);
  const lines = result.stdout.split('\n').filter((line) => !line.startsWith('\\') && !/^--( |$)/.test(line));
  return lines
    .join('\n')
    .split(/;\n/)
    .map((statement) => evenArrays(statement.trim()))
    .filter((statement) => statement !== '')
    .toSorted();
}

/** Loaded from its own text, the server writes a list of strings in another way: the cast moves to the elements. */
function evenArrays(statement: string): string {
  return statement.replace(
    /\(ARRAY\[((?:'[^']*'::character varying(?:, )?)+)\]\)::text\[\]/g,
    (_, elements: string) =>
      `ARRAY[${elements.replace(/'[^']*'::character varying/g, (element) => `(${element})::text`)}]`,
  );
}
