import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { installTools } from '../tests/servers/install.mjs';
import { folder, quoted, shell } from './command.mjs';

/**
 * @typedef {object} Peer
 * @property {string} name what is run, without the options that reach the server
 * @property {(database: string) => string} backup line for the shell; writes to `file`, safe on disk
 * @property {(database: string) => string} restore line for the shell; loads `file` into an empty database
 * @property {string} restoreName
 * @property {string} file
 */

/** What others would use for the same work, for one engine. Prints the versions. */
export async function peersOf(engine, suite) {
  const peers = await made(engine);
  for (const peer of peers) console.log(`  against: ${suite === 'backup' ? peer.name : peer.restoreName}`);
  return peers;
}

async function made(engine) {
  if (engine.embedded) return [dumpDataDir()];
  const zstd = quoted(join(await installTools(), 'zstd'));
  print(zstd, '--version');
  if (engine.family === 'postgres') return postgresPeers(engine, zstd);
  return [mysqlPeer(engine, zstd)];
}

/** From Postgres 17 on, pg_dump compresses with zstd; before, with gzip. */
function postgresPeers(engine, zstd) {
  print(engine.bin('pg_dump'), '--version');
  const level = engine.major >= 17 ? '--compress=zstd:1' : '-Z1';
  const custom = join(folder, 'peer.custom');
  const directory = join(folder, 'peer.directory');
  const plain = join(folder, 'peer.sql.zst');
  const into = (database) => `-d ${database}`;
  return [
    {
      name: `pg_dump -Fc ${level}`,
      backup: (database) => engine.client('pg_dump', '-Fc', level, `-f ${custom}`, database),
      restoreName: `pg_restore -j2 (of -Fc ${level})`,
      restore: (database) => engine.client('pg_restore', '-j2', '--exit-on-error', into(database), custom),
      file: custom,
    },
    {
      name: `pg_dump -Fd -j2 ${level}`,
      backup: (database) => engine.client('pg_dump', '-Fd', '-j2', level, `-f ${directory}`, database),
      restoreName: `pg_restore -j2 (of -Fd ${level})`,
      restore: (database) => engine.client('pg_restore', '-j2', '--exit-on-error', into(database), directory),
      file: directory,
    },
    {
      name: 'pg_dump | zstd -1',
      backup: (database) => `${engine.client('pg_dump', database)} | ${zstd} -1 -q -o ${plain} && sync ${plain}`,
      restoreName: 'zstd -dc | psql',
      restore: (database) =>
        `${zstd} -dc ${plain} | ${engine.client('psql', '-Xq', '-v ON_ERROR_STOP=1', into(database), '> /dev/null')}`,
      file: plain,
    },
  ];
}

function mysqlPeer(engine, zstd) {
  const [dump, client] = engine.family === 'mysql' ? ['mysqldump', 'mysql'] : ['mariadb-dump', 'mariadb'];
  print(engine.bin(dump), '--version');
  const file = join(folder, 'peer.sql.zst');
  const options = ['--single-transaction', '--quick', '--routines', '--events'];
  if (engine.family === 'mysql') options.push('--set-gtid-purged=OFF', '--no-tablespaces');
  return {
    name: `${dump} | zstd -1`,
    backup: (database) => `${engine.client(dump, ...options, database)} | ${zstd} -1 -q -o ${file} && sync ${file}`,
    restoreName: `zstd -dc | ${client}`,
    restore: (database) => `${zstd} -dc ${file} | ${engine.client(client, database)}`,
    file,
  };
}

/** PGlite's own export: a copy of the data folder as a packed archive. */
function dumpDataDir() {
  const file = join(folder, 'peer.tar.gz');
  const script = quoted(join(import.meta.dirname, 'pglite-archive.mjs'));
  const node = quoted(process.execPath);
  const place = (database) => join(folder, 'pglite', database);
  return {
    name: 'dumpDataDir of PGlite',
    backup: (database) => `${node} ${script} dump ${place(database)} ${file}`,
    restoreName: 'loadDataDir of PGlite',
    restore: (database) => `${node} ${script} load ${file} ${place(database)}`,
    file,
  };
}

function print(program, option) {
  const path = program.replace(/^'|'$/g, '');
  console.log(`  ${execFileSync(path, [option], { encoding: 'utf8' }).trim().replaceAll('*', '').trim()}`);
}

/** Runs a line of a peer, after everything that others have written is on disk. */
export async function measure(line) {
  await shell('sync');
  return shell(line);
}
