// PGlite's own way to copy a database: `dump FOLDER FILE` and `load FILE FOLDER`.
import { closeSync, fsyncSync, openAsBlob, openSync, writeFileSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';

const [verb, from, to] = process.argv.slice(2);
if (verb === 'dump') {
  const database = await PGlite.create(from);
  const archive = await database.dumpDataDir('gzip');
  const file = openSync(to, 'w');
  writeFileSync(file, Buffer.from(await archive.arrayBuffer()));
  fsyncSync(file);
  closeSync(file);
  await database.close();
} else {
  const database = await PGlite.create({ dataDir: to, loadDataDir: await openAsBlob(from) });
  await database.query('SELECT count(*) FROM lockstep_state');
  await database.close();
}
