import { join } from 'node:path';
import { installMydumper } from '../../tests/servers/install.mjs';
import { folder, quoted } from '../command.mjs';

/** The engine's own dump, and mydumper, which works with both families. */
export async function mysqlPeers(engine, zstd) {
  const own = ownDump(engine, zstd);
  const { program, peer } = await mydumper(engine, zstd);
  return { versions: [own.program, program], peers: [own.peer, peer] };
}

function ownDump(engine, zstd) {
  const [dump, client] = engine.family === 'mysql' ? ['mysqldump', 'mysql'] : ['mariadb-dump', 'mariadb'];
  const file = join(folder, 'peer.sql.zst');
  const options = ['--single-transaction --quick --routines --events --max-allowed-packet=256M'];
  if (engine.family === 'mysql') options.push('--set-gtid-purged=OFF --no-tablespaces');
  const peer = {
    name: `${dump} | zstd -1`,
    backup: (database) => `${engine.client(dump, ...options, database)} | ${zstd} -1 -q -o ${file} && sync ${file}`,
    restoreName: `zstd -dc | ${client}`,
    restore: (database) => `${zstd} -dc ${file} | ${engine.client(client, '--max-allowed-packet=256M', database)}`,
    file,
  };
  return { program: engine.bin(dump), peer };
}

/** Debian's mydumper compresses with gzip alone, at a slow level: what it writes plain is packed by zstd in its place. */
async function mydumper(engine, zstd) {
  const { programs, plugins } = await installMydumper();
  const { port } = new URL(engine.url(''));
  const run = (program, ...args) =>
    [
      `MARIADB_PLUGIN_DIR=${plugins}`,
      quoted(join(programs, program)),
      '-h 127.0.0.1',
      `-P ${port}`,
      '-u root -t 2',
      ...args,
    ].join(' ');
  const file = join(folder, 'peer.mydumper');
  const beside = join(folder, 'peer.myloader');
  const each = (place, command) => `find ${place} -type f -print0 | xargs -0 -P2 -n4 ${command}`;
  const peer = {
    name: 'mydumper -t 2, zstd -1',
    backup: (database) =>
      [
        run('mydumper', '--rows 50000 --routines --events --triggers', `-B ${database} -o ${file}`),
        each(file, `${zstd} -1 -q --rm`),
        `sync ${file}/*`,
      ].join(' && '),
    restoreName: 'zstd -d, myloader -t 2',
    restore: (database) =>
      [
        `mkdir ${beside}`,
        each(file, `${zstd} -dq --output-dir-flat ${beside}`),
        run('myloader', `--enable-binlog -s source -B ${database} -d ${beside}`),
      ].join(' && '),
    file,
    beside,
  };
  return { program: quoted(join(programs, 'mydumper')), peer };
}
