// Servers that stay up between test runs are written down in .servers/, one file per engine, for later runs to use.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alive } from './servers.mjs';

export function recordFolder() {
  const folder = join(import.meta.dirname, '../../.servers');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** @returns {import('./servers.mjs').Server[]} those that still run */
export function recorded() {
  const folder = recordFolder();
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.flatMap((file) => {
    const server = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    if (alive(server.pid)) return [server];
    rmSync(join(folder, file), { force: true });
    return [];
  });
}

/** @param {import('./servers.mjs').Server} server */
export function record(server) {
  writeFileSync(join(recordFolder(), `${server.name}.json`), JSON.stringify(server, null, 2));
}
