import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { folderStorage } from '#core/storage/folder.js';
import { temporaryFolder } from '../../../../tests/fixtures/temporary-folder.ts';

const script = fileURLToPath(new URL('write-until-killed.mjs', import.meta.url));

test('a process that is killed while it writes leaves no backup, and the next one cleans up', async () => {
  const folder = await temporaryFolder();
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'close');

  const storage = folderStorage(folder);
  expect(await storage.list()).toEqual([]);
  const [left, ...more] = await readdir(folder);
  expect(more).toEqual([]);
  expect(left).toMatch(new RegExp(`^\\.a\\.sql\\.zst\\.partial-.*-${child.pid}-[0-9a-f]{8}$`));

  const then = new Date(Date.now() - 2 * 3_600_000);
  await utimes(join(folder, left ?? ''), then, then);
  const sink = await storage.create('a.sql.zst');
  await sink.write(Buffer.from('whole'));
  await sink.publish();
  expect(await readdir(folder)).toEqual(['a.sql.zst']);
  expect(await readFile(join(folder, 'a.sql.zst'), 'utf8')).toBe('whole');
});

test('a process that is killed at any moment leaves a whole backup or none', async () => {
  const folder = await temporaryFolder();
  for (let round = 0; round < 12; round++) {
    const child = spawn(process.execPath, [script, folder, `${round}.sql.zst`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = once(child, 'close');
    await once(child.stdout, 'data');
    await new Promise((done) => setTimeout(done, round * 2));
    child.kill('SIGKILL');
    await closed;
  }
  for (const { name, size } of await folderStorage(folder).list()) expect([name, size]).toEqual([name, 3_000_000]);
});
