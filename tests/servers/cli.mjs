#!/usr/bin/env node
// Keeps servers up between test runs.
//   node tests/servers/cli.mjs start [ENGINE...] [--durable]    all of them if none is named; prints their URLs
//   node tests/servers/cli.mjs stop                             stops them and removes their data
//   node tests/servers/cli.mjs status
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { engines } from './engines.mjs';
import { recordFolder, record, recorded } from './records.mjs';
import { alive, startServers } from './servers.mjs';
import { workInMemory } from './work-in-memory.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { durable: { type: 'boolean' } } });
const [verb, ...named] = positionals;
const unknown = named.filter((name) => !(name in engines));
if (!['start', 'stop', 'status'].includes(verb) || unknown.length > 0) {
  console.error(`usage: cli.mjs start|stop|status [ENGINE...]; engines: ${Object.keys(engines).join(', ')}`);
  process.exit(2);
}

if (verb !== 'status') oneAtATime();
if (verb === 'start') await start(named.length > 0 ? named : Object.keys(engines));
if (verb === 'stop') await stop();
for (const { name, url, version } of recorded()) console.log(`${name.padEnd(12)}${version.padEnd(12)}${url}`);

/** Runs this command again under a lock, and ends with it, unless it runs under the lock already. */
function oneAtATime() {
  const mark = 'LOCKSTEP_TEST_SERVERS_LOCKED';
  if (process.env[mark]) return;
  const { status } = spawnSync('flock', ['--close', recordFolder(), process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, [mark]: 'yes' },
  });
  process.exit(status ?? 1);
}

async function start(names) {
  // What is to survive a loss of power is on a disk.
  if (!values.durable) workInMemory();
  const up = recorded().map((server) => server.name);
  const missing = names.filter((name) => !up.includes(name));
  const { servers, problems } = await startServers({ names: missing, durable: values.durable ?? false, tied: false });
  servers.forEach(record);
  for (const { name, problem } of problems) console.error(`${name}: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}

async function stop() {
  const supervisors = new Set(recorded().map((server) => server.supervisor));
  for (const pid of supervisors) if (alive(pid)) process.kill(pid, 'SIGTERM');
  while ([...supervisors].some(alive)) await sleep(100);
}
