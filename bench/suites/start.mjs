import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { folder, lockstep, lockstepCommand, quoted } from '../command.mjs';
import { measure, measureLockstep } from '../measure.mjs';
import { endedCpu, watchMemory } from '../processes.mjs';
import { resultOf } from '../result.mjs';
import { inTurns } from '../rounds.mjs';

/** Cold starts on the catalog, already migrated: `info --json` as ours, and `serve` until it is ready. */
export async function startSuite({ engine, task }) {
  const url = await engine.create('catalog');
  await lockstep(['--database-url', url, '--quiet', 'migrate']);
  const measured = await inTurns(task.pairs, {
    lockstep: () => measureLockstep(engine, ['--database-url', url, '--quiet', 'info']),
    'lockstep serve': () => serveUntilReady(url),
    floor: () => measure(engine, `${quoted(process.execPath)} -e ''`),
  });
  await engine.drop('catalog');
  return resultOf(measured);
}

async function serveUntilReady(url) {
  const { program, args } = lockstepCommand(['--database-url', url, 'serve', '--port', '0']);
  const started = performance.now();
  const before = endedCpu();
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const peak = watchMemory(child.pid);
  const ended = once(child, 'close');
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  while (!(await isReady(said))) {
    if (child.exitCode !== null) throw new Error(`lockstep serve ended with ${child.exitCode}:\n${said}`);
    await sleep(10);
  }
  const seconds = (performance.now() - started) / 1000;
  child.kill('SIGTERM');
  await ended;
  return { seconds, cpu: endedCpu() - before, rssMb: peak() };
}

async function isReady(said) {
  const [address] = /http:\/\/\S+/.exec(said) ?? [];
  if (!address) return false;
  const answer = await fetch(`${address}/readyz`).catch(() => undefined);
  return answer?.status === 200;
}
