import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, lockstep, quoted, shell } from '../command.mjs';
import { measure, measureLockstep } from '../measure.mjs';
import { migrators } from '../peers/migrators.mjs';
import { ratio, resultOf } from '../result.mjs';
import { inTurns } from '../rounds.mjs';

/** How many migrations a size stands for: ten for each megabyte, so a thousand for 100MB. */
export function countOf(size) {
  const [, number, unit] = /^(\d+)(MB|GB)$/.exec(size) ?? [];
  return Number(number) * (unit === 'GB' ? 10_000 : 10);
}

function statementsOf({ size }) {
  return Array.from(
    { length: countOf(size) },
    (_, index) => `CREATE TABLE t${index + 1} (id int PRIMARY KEY, name varchar(100) NOT NULL, note text);\n`,
  );
}

/** Applies them to an empty database. Compared with the tools that commit each by itself. */
export async function migrateSuite({ engine, task }) {
  const { ours, others } = await preparedTools(engine, task);
  const timed = (run) => async () => {
    const url = await engine.create('target');
    const measured = await run(url);
    await engine.drop('target');
    return measured;
  };
  const measured = await inTurns(task.pairs, {
    lockstep: timed((url) => measureLockstep(engine, ours(url, 'migrate'))),
    ...entriesOf(others, (tool) => timed((url) => measure(engine, tool.run(url)))),
  });
  return resultOf(measured, (name) => !name.endsWith(together));
}

/** The same once more, with nothing to do. Compared with the tools that look whether a file has changed. */
export async function noopSuite({ engine, task }) {
  const { ours, others } = await preparedTools(engine, task);
  const url = await engine.create('target');
  await lockstep(['--json', ...ours(url, 'migrate')]);
  for (const [index, tool] of others.entries()) {
    tool.url = await engine.create(`other${index}`);
    await shell(tool.run(tool.url));
  }
  const measured = await inTurns(task.pairs, {
    lockstep: () => measureLockstep(engine, ours(url, 'migrate')),
    'lockstep validate': () => measureLockstep(engine, ours(url, 'validate')),
    ...entriesOf(others, (tool) => () => measure(engine, tool.run(tool.url))),
    floor: () => measure(engine, `${quoted(process.execPath)} -e ''`),
  });
  for (const index of others.keys()) await engine.drop(`other${index}`);
  await engine.drop('target');
  const verifying = others.filter(({ verifies }) => verifies).map(({ name }) => name);
  const result = resultOf(measured, (name) => verifying.some((one) => name.startsWith(one)));
  return { ...result, beyondNode: ratio(result.ours.seconds - result.floor.seconds, 1) };
}

const together = ', in one transaction';

function entriesOf(tools, run) {
  return Object.fromEntries(tools.map((tool) => [tool.name + (tool.together ? together : ''), run(tool)]));
}

async function preparedTools(engine, task) {
  const statements = statementsOf(task);
  const place = join(folder, 'products', 'migrations');
  mkdirSync(join(place, 'migrations'), { recursive: true });
  for (const [index, text] of statements.entries()) {
    writeFileSync(join(place, 'migrations', `V1.0.0.${index + 1}__t.sql`), text);
  }
  const config = join(place, 'lockstep.config.json');
  const product = { name: 'bench', version: '1.0.0', migrations: './migrations', schemas: ['public'] };
  writeFileSync(config, JSON.stringify(product));
  const url = await engine.create('seal');
  await lockstep(['--config', config, '--database-url', url, '--quiet', 'release', '1.0.0']);
  await engine.drop('seal');
  const ours = (at, verb) => ['--config', config, '--database-url', at, '--quiet', verb];
  return { ours, others: engine.embedded ? [] : await migrators(engine, statements) };
}
