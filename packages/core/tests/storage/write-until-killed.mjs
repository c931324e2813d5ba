// Run by crash.test.ts: writes a backup. With one argument it never ends; with a name it publishes 3 MB.
import { folderStorage } from '#core/storage/folder.js';

const [, , folder, name] = process.argv;
const sink = await folderStorage(folder).create(name ?? 'a.sql.zst');
const last = name === undefined ? Infinity : 300;
for (let count = 1; count <= last; count++) {
  await sink.write(Buffer.alloc(10_000, 'x'));
  if (count === 5) process.stdout.write('writing\n');
}
await sink.publish();
