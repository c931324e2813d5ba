import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { engines } from '../tests/servers/engines.mjs';
import { install } from '../tests/servers/install.mjs';
import { startServers } from '../tests/servers/servers.mjs';
import { folder, quoted, run } from './command.mjs';
import { serverCpu } from './processes.mjs';

export const engineNames = ['postgres15', 'postgres18', 'mysql9', 'mariadb10', 'mariadb11', 'pglite'];

/**
 * @typedef {object} Engine
 * @property {string} family
 * @property {boolean} embedded there is no server, and no client program
 * @property {string} title name and version
 * @property {number} major version
 * @property {() => number | undefined} cpu seconds that the server has used so far
 * @property {(program: string) => string} bin path of a client program
 * @property {(program: string, ...args: string[]) => string} client a program with the options that reach the server
 * @property {(database: string) => string} url
 * @property {(database: string) => Promise<string>} create an empty database; returns its URL
 * @property {(database: string) => Promise<void>} drop
 * @property {(database: string, statements: string[]) => Promise<string>} sql runs statements in one session
 * @property {(isOn: boolean) => Promise<void>} [localInfile] allows or forbids LOAD DATA LOCAL
 * @property {() => Promise<string>} settings what decides how fast and how safe the server is
 * @property {() => Promise<void>} stop
 */

/** Starts a server of its own for the measurement, with fsync on. */
export async function startEngine(name) {
  if (name === 'pglite') return pglite();
  const { servers, problems, stop } = await startServers({ names: [name], durable: true, tied: true });
  const [server] = servers;
  if (!server) throw new Error(`${name} does not start: ${problems.map(({ problem }) => problem).join('; ')}`);
  const { family } = engines[name];
  if (family !== 'postgres') return mysql(server, family, stop);
  const newest = join(await install('postgres18'), engines.postgres18.programs);
  return postgres(server, newest, stop);
}

/** `newest` is the folder of the newest client programs, which are the fastest and work with older servers too. */
function postgres({ version, url, bin: programs, pid }, newest, stop) {
  const { port } = new URL(url);
  const bin = (program) => quoted(join(newest, program));
  const client = (program, ...args) => [bin(program), '-h 127.0.0.1', `-p ${port}`, '-U postgres', ...args].join(' ');
  const sql = async (database, statements) => {
    const args = ['-XqAt', '-v', 'ON_ERROR_STOP=1', '-h', '127.0.0.1', '-p', port, '-U', 'postgres', '-d', database];
    return (await run(join(programs, 'psql'), args, { input: statements.map((each) => `${each};\n`).join('') })).stdout;
  };
  const asked = ['fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'max_wal_size', 'wal_level'];
  return {
    family: 'postgres',
    embedded: false,
    title: `Postgres ${version}`,
    major: Number.parseInt(version, 10),
    cpu: () => serverCpu(pid),
    bin,
    client,
    url: (database) => `postgres://postgres@127.0.0.1:${port}/${database}`,
    create: async (database) => {
      await sql('postgres', [`CREATE DATABASE ${database} TEMPLATE template0`]);
      return `postgres://postgres@127.0.0.1:${port}/${database}`;
    },
    drop: async (database) => void (await sql('postgres', [`DROP DATABASE ${database} WITH (FORCE)`, 'CHECKPOINT'])),
    sql,
    settings: async () => {
      const pairs = asked.map((setting) => `'${setting} ' || current_setting('${setting}')`);
      return (await sql('postgres', [`SELECT concat_ws(', ', ${pairs.join(', ')})`])).trim();
    },
    stop,
  };
}

function mysql({ version, url, bin: programs, pid }, family, stop) {
  const { port } = new URL(url);
  const bin = (program) => quoted(join(programs, program));
  // On the same machine nobody encrypts.
  const plain = family === 'mysql' ? '--ssl-mode=DISABLED' : '--skip-ssl';
  const client = (program, ...args) =>
    [bin(program), '--no-defaults', '-h 127.0.0.1', `-P ${port}`, '-u root', plain, ...args].join(' ');
  const shellProgram = family === 'mysql' ? 'mysql' : 'mariadb';
  const sql = async (database, statements) => {
    const args = [
      '--no-defaults',
      '-h',
      '127.0.0.1',
      '-P',
      port,
      '-u',
      'root',
      '-BN',
      '--default-character-set=utf8mb4',
    ];
    const input = statements.map((each) => `${each};\n`).join('');
    return (await run(join(programs, shellProgram), [...args, database], { input })).stdout;
  };
  const asked = ['innodb_flush_log_at_trx_commit', 'sync_binlog', 'log_bin', 'innodb_doublewrite'];
  const sizes = ['innodb_buffer_pool_size', 'max_allowed_packet'];
  return {
    family,
    embedded: false,
    title: `${family === 'mysql' ? 'MySQL' : 'MariaDB'} ${version}`,
    major: Number.parseInt(version, 10),
    cpu: () => serverCpu(pid),
    bin,
    client,
    url: (database) => `${family}://root@127.0.0.1:${port}/${database}`,
    create: async (database) => {
      await sql('mysql', [`CREATE DATABASE ${database} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`]);
      return `${family}://root@127.0.0.1:${port}/${database}`;
    },
    drop: async (database) => void (await sql('mysql', [`DROP DATABASE ${database}`])),
    sql,
    localInfile: async (isOn) => void (await sql('mysql', [`SET GLOBAL local_infile = ${isOn ? 1 : 0}`])),
    settings: async () => {
      const pairs = [
        ...asked.map((name) => `concat('${name} ', @@${name})`),
        ...sizes.map((name) => `concat('${name} ', round(@@${name} / 1e6), ' MB')`),
      ];
      return (await sql('mysql', [`SELECT concat_ws(', ', ${pairs.join(', ')})`])).trim();
    },
    stop,
  };
}

/** No server: a database is a folder, and statements are run by PGlite itself. */
function pglite() {
  const place = (database) => join(folder, 'pglite', database);
  const file = new URL('../node_modules/@electric-sql/pglite/package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(file, 'utf8'));
  const none = () => {
    throw new Error('PGlite has no client programs.');
  };
  return {
    family: 'postgres',
    embedded: true,
    title: `PGlite ${version}`,
    major: 0,
    cpu: () => undefined,
    bin: none,
    client: none,
    url: (database) => `pglite:${place(database)}`,
    create: async (database) => `pglite:${place(database)}`,
    drop: async (database) => rmSync(place(database), { recursive: true, force: true }),
    sql: async (database, statements) => {
      const { PGlite } = await import('@electric-sql/pglite');
      const opened = await PGlite.create(place(database));
      try {
        for (const statement of statements) await opened.exec(statement);
      } finally {
        await opened.close();
      }
      return '';
    },
    settings: async () => 'embedded: one process, no fsync while it is open',
    stop: async () => {},
  };
}
