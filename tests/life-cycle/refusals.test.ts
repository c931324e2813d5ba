import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { catalogProduct } from '@lockstep/catalog/product';
import { digestDatabase, info, loadProduct, openDatabase } from '@lockstep/core';
import { spawnCli } from '../fixtures/cli.ts';
import { runSql } from '../fixtures/client.ts';
import { describeEachEngine, engines } from '../fixtures/engines.ts';
import { freshDatabase } from '../fixtures/fresh-database.ts';
import type { FreshDatabase } from '../fixtures/fresh-database.ts';
import { fieldsOf, lockstep, succeed } from '../fixtures/lockstep.ts';
import { olderCatalog } from '../fixtures/older-catalog.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { until } from '../fixtures/until.ts';

describeEachEngine('restore refuses', (engine) => {
  let folder: string;
  let oldBackup: string;
  let newBackup: string;
  let old: FreshDatabase;

  const backupOf = async (database: FreshDatabase): Promise<string> => {
    const { backup } = await succeed(database.url, ['backup', '--to', folder]);
    return String(fieldsOf(backup)['file']);
  };

  /** What a target held after the last refusal. */
  const seen = new Map<string, unknown>();

  /** Restoring must end with the code and exit 3, and leave everything in the target as it was. */
  const refuses = async (
    target: FreshDatabase,
    file: string,
    code: string,
    options: { readonly args?: readonly string[]; readonly cwd?: string } = {},
  ): Promise<void> => {
    const before = seen.get(target.url) ?? (await contentOf(target));
    const { args = [], ...rest } = options;
    const answer = await lockstep(target.url, ['restore', file, ...args], rest);
    expect(answer).toMatchObject({ code: 3, ok: false, error: code });
    const after = await contentOf(target);
    expect(after).toEqual(before);
    seen.set(target.url, after);
  };

  beforeAll(async () => {
    folder = await temporaryFolder();
    old = await freshDatabase(engine);
    await succeed(old.url, ['migrate', '--to', '1.0.0']);
    await succeed(old.url, ['sample', '--tables', '30']);
    oldBackup = await backupOf(old);
    const recent = await freshDatabase(engine);
    await succeed(recent.url, ['migrate']);
    await succeed(recent.url, ['sample', '--tables', '30']);
    newBackup = await backupOf(recent);
    await recent.drop();
  }, 180_000);

  it('a database of another release', async () => {
    const target = await freshDatabase(engine);
    await succeed(target.url, ['migrate']);
    await refuses(target, oldBackup, 'BACKUP_OTHER_RELEASE');
    await refuses(target, oldBackup, 'BACKUP_OTHER_RELEASE', { args: ['--upgrade'] });
  });

  it('a database that holds data', async () => {
    await refuses(old, oldBackup, 'TARGET_NOT_CLEAN');
  });

  it('a database that holds a table of somebody else', async () => {
    const target = await freshDatabase(engine);
    await contentOf(target);
    await runSql(target, 'create table mine (id int); insert into mine values (42);');
    await refuses(target, oldBackup, 'TARGET_NOT_CLEAN');
  });

  it('a backup that is newer than the code', async () => {
    const target = await freshDatabase(engine);
    await refuses(target, newBackup, 'BACKUP_NEWER', { cwd: await olderCatalog('1.1.0') });
  });

  it('a backup of another product', async () => {
    const target = await freshDatabase(engine);
    await refuses(target, oldBackup, 'BACKUP_OTHER_PRODUCT', { cwd: await olderCatalog('1.1.0', 'another') });
  });

  it('a backup of another family of engines', async () => {
    const other = engines.find(({ family }) => family !== engine.family);
    if (!other) return expect(engines.every(({ family }) => family === engine.family)).toBe(true);
    await refuses(await freshDatabase(other), oldBackup, 'BACKUP_OTHER_FAMILY');
  });

  it('a database with a server at work', async () => {
    const target = await freshDatabase(engine);
    await succeed(target.url, ['migrate']);
    const server = spawnCli(['--database-url', target.url, 'serve', '--port', '0']);
    await until(
      () => server.output().stderr.includes('serves on'),
      () => server.output().stderr,
    );
    await refuses(target, newBackup, 'LEASE_LIVE');
    server.kill('SIGTERM');
    expect((await server.ended).code).toBe(0);
    await succeed(target.url, ['restore', newBackup]);
  });

  it('a file that is damaged, cut or foreign', { timeout: 120_000 }, async () => {
    const target = await freshDatabase(engine);
    const bytes = await readFile(oldBackup);
    const write = async (name: string, content: Buffer | string): Promise<string> => {
      await writeFile(join(folder, name), content);
      return join(folder, name);
    };
    // tests/damage has all the others.
    const flipped = Buffer.from(bytes);
    const at = Math.floor(bytes.length / 2);
    flipped[at] = (flipped[at] ?? 0) ^ 4;
    await refuses(target, await write('flipped.sql.zst', flipped), 'FILE_DAMAGED');
    await refuses(target, await write('cut.sql.zst', bytes.subarray(0, bytes.length - 1)), 'FILE_DAMAGED');
    await refuses(target, await write('text.sql.zst', 'CREATE TABLE x (id int);\n'.repeat(50)), 'FILE_FOREIGN');
    await cp(oldBackup, join(folder, 'other-name.zst'));
    await succeed(target.url, ['restore', join(folder, 'other-name.zst')]);
  });
});

/** Everything that can be seen of a database: its digests where there are any, else what it is made of. */
async function contentOf({ url }: FreshDatabase): Promise<unknown> {
  const database = await openDatabase(url);
  try {
    const product = await loadProduct(catalogProduct);
    const { phase, epoch, shape, history } = await info(database, product);
    const digest = phase === 'none' ? undefined : await digestDatabase(database, product);
    return { phase, epoch, shape: shape.fingerprint, history, digest };
  } finally {
    await database.close();
  }
}
