import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  backup,
  baseline,
  digestDatabase,
  migrate,
  openStorage,
  plan,
  restore,
  restoreTables,
  sealRelease,
  validate,
} from '@lockstep/core';
import type { Database } from '@lockstep/core';
import { someEngine } from '../../../tests/fixtures/engines.ts';
import { testProduct } from '../../../tests/fixtures/product.ts';
import { fillShop, olderShopProduct, opener, shopProduct, withBackup } from '../../../tests/fixtures/shop.ts';
import { temporaryFolder } from '../../../tests/fixtures/temporary-folder.ts';

const open = opener(someEngine());

const refused = (work: Promise<unknown>, code: string): Promise<void> => expect(work).rejects.toMatchObject({ code });

/** A database that another product has migrated. */
async function foreign(): Promise<Database> {
  const database = await open();
  const source = await testProduct({ 'V1.0.0.1__other.sql': 'CREATE TABLE other (id int PRIMARY KEY);' });
  await migrate(database, { ...(await source.load('1.0.0')), name: 'other' });
  return database;
}

it('no way back to an older release', async () => {
  const database = await open();
  const source = await shopProduct();
  for (const release of ['1.0.0', '1.1.0']) await sealRelease(database, await source.load('1.2.0'), release);
  const product = await source.load('1.2.0');
  await migrate(database, product, { to: '1.1.0' });
  await refused(migrate(database, product, { to: '1.0.0' }), 'RELEASE_NOT_AHEAD');
  await refused(plan(database, product, { to: '1.0.0' }), 'RELEASE_NOT_AHEAD');
});

it('no baseline of a database that is known, or that has another shape', async () => {
  const database = await open();
  const product = await (await olderShopProduct()).load('1.0.0');
  const session = await database.session({ schemas: ['public'] });
  await session.execute('CREATE TABLE shop (id varchar(36) PRIMARY KEY, name varchar(100) NOT NULL)');
  await session.close();
  await refused(baseline(database, product, '1.0.0'), 'BASELINE_REFUSED');
  // It has written nothing.
  await refused(migrate(database, product), 'DATABASE_NOT_ADOPTED');

  const known = await open();
  await migrate(known, product);
  await refused(baseline(known, product, '1.0.0'), 'BASELINE_REFUSED');
});

it('no backup and no digest of a database that nobody has migrated', async () => {
  const database = await open();
  const product = await (await olderShopProduct()).load('1.0.0');
  await refused(backup(database, product, openStorage(await temporaryFolder())), 'DATABASE_EMPTY');
  await refused(digestDatabase(database, product), 'DATABASE_EMPTY');
});

it('nothing with the database of another product', async () => {
  const product = await (await olderShopProduct()).load('1.0.0');
  const own = await open();
  await migrate(own, product);
  await fillShop(own);
  const { file } = await backup(own, product, openStorage(await temporaryFolder()));
  const database = await foreign();
  await refused(migrate(database, product), 'OTHER_PRODUCT');
  await refused(backup(database, product, openStorage(await temporaryFolder())), 'OTHER_PRODUCT');
  await withBackup(file, async (archive) => {
    await refused(restore(database, product, archive), 'OTHER_PRODUCT');
    await refused(restoreTables(database, product, archive, { tables: ['shop'] }), 'OTHER_PRODUCT');
  });
  await refused(validate(database, product), 'OTHER_PRODUCT');
  await refused(digestDatabase(database, product), 'OTHER_PRODUCT');
  await refused(plan(database, product), 'OTHER_PRODUCT');
});

it('no folder, no version twice, no damaged seal', async () => {
  const database = await open();
  const none = await testProduct({});
  const product = await none.load('1.0.0');
  await refused(
    migrate(database, { ...product, migrations: join(none.folder, 'missing') }),
    'MIGRATION_FOLDER_MISSING',
  );
  const twice = await testProduct({ 'V1.0.0.1__a.sql': 'SELECT 1;', 'V1_0_0_1__b.sql': 'SELECT 1;' });
  await refused(migrate(database, await twice.load('1.0.0')), 'MIGRATION_DUPLICATE');
  for (const text of ['{', '[]', '{"releases": [{"version": 1}]}']) {
    const damaged = await testProduct({ 'releases.json': text });
    await refused(damaged.load('1.0.0'), 'SEAL_INVALID');
  }
});

it('no restore where the code has another migration of the same name', async () => {
  const source = await testProduct({ 'V1.0.0.1__shop.sql': 'CREATE TABLE shop (id int PRIMARY KEY);' });
  const own = await open();
  const product = await source.load('1.0.0');
  await migrate(own, product);
  const { file } = await backup(own, product, openStorage(await temporaryFolder()));
  await source.write('V1.0.0.1__shop.sql', 'CREATE TABLE shop (id bigint PRIMARY KEY);');
  const changed = await source.load('1.0.0');
  const target = await open();
  await withBackup(file, (archive) => refused(restore(target, changed, archive), 'BACKUP_OTHER_LIST'));
});
