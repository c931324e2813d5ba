import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { folder, lockstep, lockstepCommand, lockstepEnvironment, peakMb, quoted } from '../command.mjs';
import { measure } from '../peers.mjs';
import { inTurns, resultOf } from '../rounds.mjs';

/** Cold starts on the catalog, already migrated: `info --json` as ours, and `serve` until it is ready. */
export async function startSuite(engine, task) {
  const url = await engine.create('source');
  await lockstep(['--database-url', url, '--quiet', 'migrate']);
  const { 'lockstep serve': serve, ...measured } = await inTurns(task.pairs, {
    lockstep: () => lockstep(['--database-url', url, '--quiet', '--json', 'info']),
    'lockstep serve': () => serveUntilReady(url),
    floor: () => measure(`${quoted(process.execPath)} -e ''`),
  });
  return { ...resultOf(measured), serve };
}

async function serveUntilReady(url) {
  const { program, args } = lockstepCommand(['--database-url', url, 'serve', '--port', '0']);
  const started = performance.now();
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, ...lockstepEnvironment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
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
  return { seconds, rssMb: peakMb() };
}

async function isReady(said) {
  const [address] = /http:\/\/\S+/.exec(said) ?? [];
  if (!address) return false;
  const answer = await fetch(`${address}/readyz`).catch(() => undefined);
  return answer?.status === 200;
}
