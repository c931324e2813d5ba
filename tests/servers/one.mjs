// node tests/servers/one.mjs ENGINE PROGRAMS DATA PORT [OPTION ...]
// Runs one server that keeps what it was told (fsync on), for tests that let it die (SIGTERM to this process) and start
// it again. Makes its data folder if there is none. The kernel ends the server when this process is gone.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { account } from './account.mjs';
import { engines } from './engines.mjs';

const [name, programs, data, port, ...more] = process.argv.slice(2);
const engine = engines[name];
const user = account();
const place = { root: programs.slice(0, -engine.programs.length), data, port: Number(port), durable: true };
const home = dirname(data);
const options = { cwd: home, env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', TZ: 'UTC', HOME: home, TMPDIR: home } };
const identity = user ? ['--reuid', user.name, '--regid', `${user.gid}`, '--clear-groups'] : [];

if (!existsSync(data)) {
  const prepared = spawnSync('setpriv', [...identity, '--', ...engine.prepare(place)], {
    ...options,
    encoding: 'utf8',
  });
  if (prepared.status !== 0) throw new Error(`${name} cannot be prepared: ${prepared.stderr}${prepared.stdout}`);
}
const server = spawn('setpriv', [...identity, '--pdeathsig', 'KILL', '--', ...engine.run(place), ...more], {
  ...options,
  stdio: ['ignore', 'inherit', 'inherit'],
});
// The server dies at once, and is waited for here: its next start asks whether the process still exists.
process.on('SIGTERM', () => server.kill('SIGKILL'));
server.on('close', (code) => process.exit(code ?? 1));
