// How each engine under test is had, prepared, started and asked for its version. PGlite needs no server.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {object} Place
 * @property {string} root where the packages are unpacked, '/' for the system's own
 * @property {string} data the server's data folder
 * @property {number} port
 * @property {boolean} durable fsync on, for measurements
 */

/** By name, in the order in which tests name them. */
export const engines = {
  postgres15: postgres('15', 'bookworm'),
  postgres18: postgres('18', 'sid'),
  mysql9: mysql(),
  mariadb10: mariadb('10.11.', 'bookworm'),
  mariadb11: mariadb('11.', 'sid'),
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
      ...['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '-N'],
    ],
    run: ({ root, data, port, durable }) => [
      bin(root, 'postgres'),
      ...['-D', data, '-p', `${port}`, '-h', '127.0.0.1', '-k', ''],
      ...settings({ max_connections: 300, max_prepared_transactions: 10, shared_buffers: '64MB', fsync: durable }),
    ],
    stopSignal: 'SIGINT',
    ask: ({ root, port }) => [
      bin(root, 'psql'),
      ...['-X', '-h', '127.0.0.1', '-p', `${port}`, '-U', 'postgres', '-d', 'postgres'],
      ...['-Atc', "select split_part(current_setting('server_version'), ' ', 1)"],
    ],
  };
}

const settings = (values) => Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

function mysql() {
  const server = ({ root, data }) => [
    join(root, 'usr/sbin/mysqld'),
    ...['--no-defaults', `--datadir=${data}`, `--basedir=${root}/usr`],
    ...[`--lc-messages-dir=${root}/usr/share/mysql`, `--character-sets-dir=${root}/usr/share/mysql/charsets`],
    ...[`--plugin-dir=${root}/usr/lib/mysql/plugin`, '--secure-file-priv='],
  ];
  return {
    family: 'mysql',
    version: '9.',
    suite: 'sid',
    packages: ['mysql-server-core', 'mysql-client-core'],
    programs: 'usr/bin',
    onSystem: () => false, // what the system calls mysqld may be MariaDB
    url: (port) => `mysql://root@127.0.0.1:${port}/mysql`,
    prepare: (place) => [...server(place), '--initialize-insecure'],
    run: (place) => [...server(place), ...listen(place), '--mysqlx=OFF', ...innodb(place)],
    stopSignal: 'SIGTERM',
    ask: askMysql('mysql'),
  };
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
      join(root, 'usr/bin/mariadb-install-db'),
      ...['--no-defaults', `--basedir=${root}/usr`, `--datadir=${data}`, '--skip-test-db'],
      '--auth-root-authentication-method=normal',
    ],
    run: (place) => [
      join(place.root, 'usr/sbin/mariadbd'),
      ...['--no-defaults', `--datadir=${place.data}`, `--basedir=${place.root}/usr`],
      ...[`--lc-messages-dir=${place.root}/usr/share/mysql`, `--plugin-dir=${place.root}/usr/lib/mysql/plugin`],
      ...listen(place),
      ...innodb(place),
    ],
    stopSignal: 'SIGTERM',
    ask: askMysql('mariadb'),
  };
}

const listen = ({ data, port }) => ['--bind-address=127.0.0.1', `--port=${port}`, `--socket=${data}/socket`];

const innodb = ({ durable }) =>
  durable ? [] : ['--innodb-flush-method=nosync', '--innodb-flush-log-at-trx-commit=0', '--sync-binlog=0'];

function askMysql(client) {
  return ({ root, port }) => [
    join(root, 'usr/bin', client),
    ...['--no-defaults', '-h', '127.0.0.1', '-P', `${port}`, '-u', 'root', '-BNe', 'select @@version'],
  ];
}
