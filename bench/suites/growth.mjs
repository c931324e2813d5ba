import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { folder, lockstep } from '../command.mjs';
import { measureLockstep } from '../measure.mjs';
import { inTurns } from '../rounds.mjs';
import { makeSource } from '../source.mjs';

const smallest = 250e6;

/** How seconds, CPU and memory of a backup and a restore grow with the data, by steps of four up to the size. */
export async function growthSuite({ engine, task }) {
  const steps = [];
  for (const bytes of stepsTo(task.bytes)) {
    const size = bytes >= 1e9 ? `${bytes / 1e9}GB` : `${bytes / 1e6}MB`;
    steps.push({ size, bytes, ...(await step(engine, { ...task, size, bytes })) });
  }
  return { steps, exponents: { backup: exponentsOf(steps, 'backup'), restore: exponentsOf(steps, 'restore') } };
}

function stepsTo(bytes) {
  const steps = [bytes / 4, bytes];
  while (steps[0] / 4 >= smallest * 0.9) steps.unshift(steps[0] / 4);
  return steps;
}

async function step(engine, task) {
  const source = await makeSource(engine, task);
  const place = join(folder, 'backups');
  const kept = join(folder, 'kept');
  const { stdout } = await lockstep([...source.options(source.url), '--json', 'backup', '--to', kept]);
  const { file } = JSON.parse(stdout).backup;
  const measured = await inTurns(task.pairs, {
    backup: async () => {
      mkdirSync(place, { recursive: true });
      const one = await measureLockstep(engine, [...source.options(source.url), 'backup', '--to', place]);
      rmSync(place, { recursive: true });
      return one;
    },
    restore: async () => {
      const target = await engine.create('target');
      const one = await measureLockstep(engine, [...source.options(target), 'restore', file]);
      await engine.drop('target');
      return one;
    },
  });
  rmSync(kept, { recursive: true });
  await source.drop();
  return measured;
}

/** 1 where twice the data takes twice as long, from the first step to the last. */
function exponentsOf(steps, verb) {
  const [first, last] = [steps[0], steps.at(-1)];
  const times = Math.log(last.bytes / first.bytes);
  const exponent = (field) => Math.round((Math.log(last[verb][field] / first[verb][field]) / times) * 100) / 100;
  return { seconds: exponent('seconds'), cpu: exponent('cpu') };
}
