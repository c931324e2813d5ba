// Runs servers until it is told to stop: by SIGTERM, or, when started with `tied`, by the end of its standard input,
// which comes with the end of the process that started it, however that ends. Then it stops them and removes their
// folder. Should the supervisor itself be killed, the kernel ends the servers, and the next start removes the folder.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { account } from './account.mjs';
import { engines } from './engines.mjs';

const { roots, durable, tied } = JSON.parse(process.argv[2] ?? '{}');
const folder = mkdtempSync(join(tmpdir(), 'lockstep-servers-'));
chmodSync(folder, 0o755);
writeFileSync(join(folder, 'pid'), `${process.pid}`);
const user = account();
const children = new Map(); // with the signal that ends each, if it has to be ended
process.stdout.on('error', () => {}); // the process that started us may be gone
let stopping = false;

const stopNow = () => void stop();
process.on('SIGTERM', stopNow).on('SIGINT', stopNow);
if (tied) process.stdin.on('end', stopNow).on('error', stopNow).resume();

await Promise.all(
  Object.entries(roots).map(async ([name, root]) => {
    try {
      report({ name, ...(await start(name, root)) });
    } catch (error) {
      report({ name, problem: error.message });
    }
  }),
);
if (children.size === 0) await stop();

function report(message) {
  if (stopping) return;
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

async function start(name, root) {
  const engine = engines[name];
  const home = join(folder, name);
  mkdirSync(home);
  if (user) chownSync(home, user.uid, user.gid);
  const place = { root, data: join(home, 'data'), port: 0, durable };
  const log = join(home, 'log');
  await finished(launch(engine.prepare(place), home, log), log);
  for (let attempt = 1; ; attempt++) {
    place.port = await freePort();
    const child = launch(engine.run(place), home, log, engine.stopSignal);
    const version = await answers(engine, place, child);
    if (version) {
      if (!version.startsWith(engine.version)) throw new Error(`this is version ${version}, not ${engine.version}`);
      return {
        url: engine.url(place.port),
        version,
        bin: join(root, engine.programs),
        pid: child.pid,
        supervisor: process.pid,
      };
    }
    end(child, 'SIGKILL');
    // Another process may have taken the port in the meantime.
    if (attempt === 3) throw new Error(`the server does not start:\n${tail(log)}`);
  }
}

/**
 * Starts a program as the unprivileged user if we are root. With a signal, the kernel sends it when this process is
 * gone; without one the program is left to end by itself.
 */
function launch([program, ...args], home, log, endSignal) {
  if (stopping) throw new Error('stopped');
  const output = openSync(log, 'a');
  const identity = user ? ['--reuid', user.name, '--regid', `${user.gid}`, '--clear-groups'] : [];
  const bond = endSignal ? ['--pdeathsig', endSignal.slice(3)] : [];
  const child = spawn('setpriv', [...identity, ...bond, '--', program, ...args], {
    cwd: home,
    env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', TZ: 'UTC', HOME: home, TMPDIR: home },
    stdio: ['ignore', output, output],
    detached: true, // a process group of its own
  });
  closeSync(output);
  children.set(child, endSignal);
  child.on('close', () => children.delete(child));
  return child;
}

function finished(child, log) {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`it cannot be prepared:\n${tail(log)}`))));
  });
}

/** The server's version as soon as it answers, or nothing if it ended or stays silent for a minute. */
async function answers(engine, place, child) {
  const [program, ...args] = engine.ask(place);
  for (const limit = Date.now() + 60_000; Date.now() < limit && child.exitCode === null; await sleep(200)) {
    const asked = spawnSync(program, args, { encoding: 'utf8', env: { PATH: process.env['PATH'] }, timeout: 10_000 });
    // Should another process have taken the port first, somebody else's server may answer.
    if (asked.status === 0 && asked.stdout.includes(place.data)) return /^[\d.]+/.exec(asked.stdout)?.[0];
  }
  return undefined;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function stop() {
  if (stopping) return;
  stopping = true;
  const ends = [...children].map(async ([child, signal]) => {
    const ended = once(child, 'close');
    if (signal) end(child, signal);
    const late = setTimeout(() => end(child, 'SIGKILL'), 10_000);
    await ended;
    clearTimeout(late);
  });
  await Promise.allSettled(ends);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.exit();
}

/** SIGKILL ends the whole group; a server that is asked to stop ends its own processes. */
function end({ pid, exitCode, signalCode }, signal) {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  process.kill(signal === 'SIGKILL' ? -pid : pid, signal);
}

function tail(log) {
  return readFileSync(log, 'utf8').split('\n').slice(-8).join('\n').trim();
}
