// Run by encrypted-file.test.ts: writes an encrypted backup, and stops for ever at a place of the way, which it prints.
import { createFile } from '#core/backup/create-file.js';
import { folderStorage } from '#core/storage/folder.js';

const [, , folder, recipient, place] = process.argv;
const stop = async (here) => {
  if (here !== place) return;
  process.stdout.write(`${here}\n`);
  await new Promise(() => setInterval(() => {}, 1000));
};

const storage = folderStorage(folder);
const manifest = {
  product: 'shop',
  release: '1.2.0',
  takenAt: '2026-11-22T11:30:25.123456Z',
  drifted: false,
  engine: { name: 'Postgres', version: '15.18' },
};
const stopping = {
  ...storage,
  put: async (name, content) => {
    await stop('named');
    await storage.put(name, content);
  },
};
const file = await createFile(stopping, manifest, [recipient]);
await file.write(Buffer.alloc(300_000, 'x'));
await stop('written');
await file.publish({ manifest, fileRoot: 'aa'.repeat(32) });
