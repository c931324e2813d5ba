import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { install } from './install.mjs';

/**
 * @typedef {object} Server
 * @property {string} name such as postgres15
 * @property {string} url of the superuser, without a password
 * @property {string} version
 * @property {string} bin folder of its client programs
 */

/**
 * Installs and starts servers, each on a free port with an empty data folder. They end with this process; with
 * `tied: false` they go on until `stop`. With `durable`, fsync is on.
 * @param {{ names: string[], durable?: boolean, tied?: boolean }} options
 * @returns {Promise<{ servers: Server[], problems: { name: string, problem: string }[], stop: () => Promise<void> }>}
 */
export async function startServers({ names, durable = false, tied = true }) {
  sweep();
  const problems = [];
  const roots = {};
  await Promise.all(
    names.map(async (name) => {
      try {
        roots[name] = await install(name);
      } catch (error) {
        problems.push({ name, problem: error.message });
      }
    }),
  );
  const servers = [];
  if (Object.keys(roots).length === 0) return { servers, problems, stop: async () => {} };

  const supervisor = spawn(
    process.execPath,
    [join(import.meta.dirname, 'supervisor.mjs'), JSON.stringify({ roots, durable, tied })],
    { detached: true, stdio: [tied ? 'pipe' : 'ignore', 'pipe', tied ? 'inherit' : 'ignore'] },
  );
  const ended = new Promise((resolve) => supervisor.once('exit', resolve));
  for await (const line of createInterface({ input: supervisor.stdout })) {
    const message = JSON.parse(line);
    (message.problem ? problems : servers).push(message);
    if (servers.length + problems.length === names.length) break;
  }
  for (const name of names) {
    if (![...servers, ...problems].some((known) => known.name === name)) problems.push({ name, problem: 'no answer' });
  }
  supervisor.stdout.destroy();
  supervisor.unref();
  supervisor.stdin?.unref();
  servers.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
  return {
    servers,
    problems,
    stop: async () => {
      supervisor.ref();
      supervisor.kill('SIGTERM');
      await ended;
    },
  };
}

/** Removes the folders of supervisors that were killed. */
function sweep() {
  for (const entry of readdirSync(tmpdir())) {
    const folder = join(tmpdir(), entry);
    const file = join(folder, 'pid');
    if (!entry.startsWith('lockstep-servers-') || !existsSync(file)) continue;
    if (statSync(folder).uid !== process.getuid()) continue;
    if (!alive(Number(readFileSync(file, 'utf8')))) rmSync(folder, { recursive: true, force: true });
  }
}

export function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM'; // it is another user's
  }
}
