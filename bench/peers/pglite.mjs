import { join } from 'node:path';
import { folder, quoted } from '../command.mjs';

/** PGlite's own export: a copy of the data folder as a packed archive. */
export function dumpDataDir() {
  const file = join(folder, 'peer.tar.gz');
  const script = quoted(join(import.meta.dirname, '../pglite-archive.mjs'));
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
