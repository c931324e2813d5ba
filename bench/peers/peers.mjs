import { join } from 'node:path';
import { installTools } from '../../tests/servers/install.mjs';
import { quoted, shell } from '../command.mjs';
import { mysqlPeers } from './mysql.mjs';
import { dumpDataDir } from './pglite.mjs';
import { postgresPeers } from './postgres.mjs';

/**
 * @typedef {object} Peer
 * @property {string} name what is run, without the options that reach the server
 * @property {(database: string) => string} backup line for the shell; writes to `file`, safe on disk
 * @property {string} restoreName
 * @property {(database: string) => string} restore line for the shell; loads `file` into an empty database
 * @property {string} file or folder
 * @property {string} [beside] a folder that the restore makes beside it
 */

/**
 * What others would use for the same work, for one engine. Prints the versions and the command lines.
 * @returns {Promise<Peer[]>}
 */
export async function peersOf(engine) {
  const { versions, peers } = await made(engine);
  for (const version of versions) console.log(`  ${await versionOf(version)}`);
  for (const { name, backup, restoreName, restore } of peers) {
    console.log(`  ${name}:\n    ${backup('source')}\n  ${restoreName}:\n    ${restore('target')}`);
  }
  return peers;
}

async function made(engine) {
  if (engine.embedded) return { versions: [], peers: [dumpDataDir()] };
  const zstd = quoted(join(await installTools(), 'zstd'));
  const { versions, peers } =
    engine.family === 'postgres' ? postgresPeers(engine, zstd) : await mysqlPeers(engine, zstd);
  return { versions: [zstd, ...versions], peers };
}

async function versionOf(program) {
  const { stdout } = await shell(`${program} --version`);
  return stdout.trim().replaceAll('*', '').trim();
}
