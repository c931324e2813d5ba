import { join } from 'node:path';
import { folder } from '../command.mjs';

/** pg_dump of the newest release, with its fastest compression. */
export function postgresPeers(engine, zstd) {
  const directory = join(folder, 'peer.directory');
  const plain = join(folder, 'peer.sql.zst');
  const psql = (database) => engine.client('psql', '-Xq', `-d ${database}`, '> /dev/null');
  // What an older server does not know (SET transaction_timeout) makes pg_restore end with 1 after all is done.
  const late = engine.major < 17 ? ' || [ $? = 1 ]' : '';
  const pgRestore = (database) =>
    `${engine.client('pg_restore', '-j2', engine.major < 17 ? '' : '--exit-on-error', `-d ${database}`, directory)}${late}`;
  return {
    versions: [engine.bin('pg_dump'), engine.bin('psql')],
    peers: [
      {
        name: 'pg_dump -Fd -j2 --compress=zstd:1',
        backup: (database) => engine.client('pg_dump', '-Fd -j2 --compress=zstd:1', `-f ${directory}`, database),
        restoreName: 'pg_restore -j2',
        restore: pgRestore,
        file: directory,
      },
      {
        name: 'pg_dump | zstd -1',
        backup: (database) => `${engine.client('pg_dump', database)} | ${zstd} -1 -q -o ${plain} && sync ${plain}`,
        restoreName: 'zstd -dc | psql',
        restore: (database) => `${zstd} -dc ${plain} | ${psql(database)}`,
        file: plain,
      },
    ],
  };
}
