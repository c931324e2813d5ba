// How each server that tests need is had, prepared, started, and asked for its version and data folder. PGlite needs no
// server. S3 is no engine, but a place for backups.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {object} Place
 * @property {string} root where the packages are unpacked, '/' for the system's own
 * @property {string} data the server's data folder
 * @property {number} port
 * @property {boolean} durable fsync on, for measurements
 */

// A server's data is thrown away with it, so that it is ended in the quickest way that leaves nothing behind: Postgres
// gives back its shared memory only if it ends itself.

/** By name, in the order in which tests name them. */
export const engines = {
  postgres15: postgres('15', 'bookworm'),
  postgres18: postgres('18', 'sid'),
  mysql9: mysql(),
  mariadb10: mariadb('10.11.', 'bookworm'),
  mariadb11: mariadb('11.', 'sid'),
  s3: s3(),
};

function postgres(major, suite) {
  const programs = `usr/lib/postgresql/${major}/bin`;
  const bin = (root, name) => join(root, programs, name);
  return {
    family: 'postgres',
    version: `${major}.`,
    suite,
    packages: [`postgresql-${major}`, `postgresql-client-${major}`],
    programs,
    onSystem: () => existsSync(bin('/', 'postgres')) && existsSync(bin('/', 'pg_dump')),
    url: (port) => `postgres://postgres@127.0.0.1:${port}/postgres`,
    prepare: ({ root, data }) => [
      bin(root, 'initdb'),
      ...options({ pgdata: data, username: 'postgres', auth: 'trust', encoding: 'UTF8', locale: 'C.UTF-8' }),
      '--no-sync',
    ],
    run: ({ root, data, port, durable }) => [
      bin(root, 'postgres'),
      '-D',
      data,
      ...options({ port, listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: durable }),
      ...options({ max_connections: 300, max_prepared_transactions: 10, shared_buffers: '64MB' }),
    ],
    stopSignal: 'SIGQUIT',
    ask: ({ root, port }) => [
      bin(root, 'psql'),
      '-XAt',
      ...options({ host: '127.0.0.1', port, username: 'postgres', dbname: 'postgres' }),
      ...options({ command: "select current_setting('server_version'), current_setting('data_directory')" }),
    ],
  };
}

function mysql() {
  return {
    family: 'mysql',
    version: '9.',
    suite: 'sid',
    packages: ['mysql-server-core', 'mysql-client-core'],
    programs: 'usr/bin',
    onSystem: () => false, // what the system calls mysqld may be MariaDB
    url: (port) => `mysql://root@127.0.0.1:${port}/mysql`,
    prepare: (place) => [...mysqld(place), '--initialize-insecure'],
    run: (place) => [...mysqld(place), ...network(place), '--mysqlx=OFF', '--local-infile=ON', ...flushing(place)],
    stopSignal: 'SIGKILL',
    ask: askMysql('mysql'),
  };
}

function mysqld({ root, data }) {
  const share = `${root}/usr/share/mysql`;
  return [
    `${root}/usr/sbin/mysqld`,
    '--no-defaults',
    ...options({ datadir: data, basedir: `${root}/usr`, 'plugin-dir': `${root}/usr/lib/mysql/plugin` }),
    ...options({ 'lc-messages-dir': share, 'character-sets-dir': `${share}/charsets`, 'secure-file-priv': '' }),
  ];
}

function mariadb(version, suite) {
  return {
    family: 'mariadb',
    version,
    suite,
    packages: ['mariadb-server-core', 'mariadb-client-core', 'mariadb-client'],
    programs: 'usr/bin',
    onSystem: () => false, // its version is not in its path
    url: (port) => `mariadb://root@127.0.0.1:${port}/mysql`,
    prepare: ({ root, data }) => [
      `${root}/usr/bin/mariadb-install-db`,
      '--no-defaults',
      ...options({ basedir: `${root}/usr`, datadir: data, 'auth-root-authentication-method': 'normal' }),
      '--skip-test-db',
    ],
    run: (place) => [...mariadbd(place), ...network(place), ...flushing(place)],
    stopSignal: 'SIGKILL',
    ask: askMysql('mariadb'),
  };
}

function mariadbd({ root, data }) {
  return [
    `${root}/usr/sbin/mariadbd`,
    '--no-defaults',
    ...options({ datadir: data, basedir: `${root}/usr`, 'plugin-dir': `${root}/usr/lib/mysql/plugin` }),
    ...options({ 'lc-messages-dir': `${root}/usr/share/mysql` }),
  ];
}

function network({ data, port }) {
  return options({ 'bind-address': '127.0.0.1', port, socket: `${data}/socket` });
}

function flushing({ durable }) {
  if (durable) return [];
  return options({ 'innodb-flush-method': 'nosync', 'innodb-flush-log-at-trx-commit': 0, 'sync-binlog': 0 });
}

function askMysql(client) {
  return ({ root, port }) => [
    `${root}/usr/bin/${client}`,
    '--no-defaults',
    ...options({ host: '127.0.0.1', port, user: 'root', execute: 'select @@version, @@datadir' }),
    '-BN',
  ];
}

function s3() {
  return {
    family: 's3',
    version: '16.',
    suite: 'bookworm',
    packages: ['ceph-base', 'ceph-mon', 'ceph-osd', 'ceph-common', 'radosgw'],
    programs: 'usr/bin',
    onSystem: () => false, // its classes may be anywhere
    url: (port) => `http://127.0.0.1:${port}`,
    prepare: ({ data }) => ['mkdir', '-p', data],
    run: ({ root, data, port }) => ['bash', join(import.meta.dirname, 's3.sh'), root, data, String(port)],
    stopSignal: 'SIGKILL',
    ask: ({ data }) => ['cat', join(data, 'ready')],
  };
}

function options(values) {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}
