// Servers that stay up between test runs are written down in .servers/, one file per engine, for later runs to use.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alive } from './servers.mjs';

const folder = join(import.meta.dirname, '../../.servers');

/** @returns {import('./servers.mjs').Server[]} those that still run */
export function recorded() {
  mkdirSync(folder, { recursive: true });
  const servers = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));
  const gone = servers.filter((server) => !alive(server.pid));
  for (const { name } of gone) rmSync(join(folder, `${name}.json`), { force: true });
  return servers.filter((server) => !gone.includes(server));
}

export function record(server) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${server.name}.json`), JSON.stringify(server, null, 2));
}
