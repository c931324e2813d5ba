import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { engines } from './engines.mjs';

/** Where installed programs are kept between runs. Root's home is closed to the users that servers run as. */
export const cache =
  process.env['LOCKSTEP_TEST_SERVERS'] ??
  join(process.getuid() === 0 ? '/var/cache' : join(homedir(), '.cache'), 'lockstep-test-servers');

/** The folder under which an engine's programs are, after installing them if they are missing. */
export async function install(name) {
  const engine = engines[name];
  if (engine.onSystem()) return '/';
  return unpack(name, engine.suite, engine.packages);
}

/** Folder of the command line tools that tests use beside those of the engines: zstd and age. */
export async function installTools() {
  return join(await unpack('tools', 'bookworm', ['zstd', 'age']), 'usr/bin');
}

function unpack(name, suite, packages) {
  const folder = join(cache, name);
  return new Promise((resolve, reject) => {
    const child = spawn('bash', [join(import.meta.dirname, 'prefix.sh'), folder, suite, ...packages], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve(folder);
      else reject(new Error(`${packages.join(', ')} cannot be installed: ${output.trim().slice(-1000)}`));
    });
  });
}
