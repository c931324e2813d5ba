import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
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

/** The program PgBouncer. */
export async function installPgbouncer() {
  return join(await unpack('pgbouncer', 'bookworm', ['pgbouncer']), 'usr/sbin/pgbouncer');
}

/** Folder of MariaDB with what makes a Galera cluster of it. */
export async function installGalera() {
  return unpack('galera', 'bookworm', [
    'mariadb-server-core',
    'mariadb-client-core',
    'mariadb-client',
    'mariadb-server',
    'galera-4',
    'rsync',
    'lsof',
  ]);
}

/** mydumper and myloader, and the folder of what they need to sign in to MySQL, for measurements. */
export async function installMydumper() {
  const folder = await unpack('mydumper', 'sid', ['mydumper']);
  const libraries = join(folder, 'usr/lib');
  const [machine] = readdirSync(libraries).filter((name) => name.endsWith('-linux-gnu'));
  return { programs: join(folder, 'usr/bin'), plugins: join(libraries, machine, 'libmariadb3/plugin') };
}

/** The programs of the other releases of Node, by major number, after installing them with npm if they are missing. */
export async function installNodes() {
  const folder = await installPackages('nodes', import.meta.dirname);
  return Object.fromEntries([22, 24].map((major) => [major, join(folder, `node_modules/node${major}/bin/node`)]));
}

/**
 * A folder with what the package.json and the lock file in `source` name, after installing it with npm if it is missing.
 * No package's own scripts are run.
 */
export async function installPackages(name, source) {
  const lock = readFileSync(join(source, 'package-lock.json'));
  const folder = join(cache, `${name}-${createHash('sha256').update(lock).digest('hex').slice(0, 12)}`);
  mkdirSync(folder, { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(source, file), join(folder, file));
  // npm writes its own lock file last.
  const command = 'test -e node_modules/.package-lock.json || npm ci --ignore-scripts --no-audit --no-fund';
  await run('flock', [join(folder, 'package.json'), 'bash', '-c', command], folder);
  return folder;
}

async function unpack(name, suite, packages) {
  const folder = join(cache, name);
  await run('bash', [join(import.meta.dirname, 'prefix.sh'), folder, suite, ...packages]);
  return folder;
}

function run(program, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${[program, ...args].join(' ')} fails:\n${output.trim().slice(-1000)}`));
    });
  });
}
