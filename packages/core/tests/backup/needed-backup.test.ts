import { basename } from 'node:path';
import { expect, it } from 'vitest';
import {
  abortRestore,
  backup,
  info,
  migrate,
  neededBackup,
  openStorage,
  resolve,
  restore,
  upgrade,
} from '@lockstep/core';
import type { Progress } from '@lockstep/core';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { fillShop, olderShopProduct, opener, sealedShop, withBackup } from '../../../../tests/fixtures/shop.ts';
import { temporaryFolder } from '../../../../tests/fixtures/temporary-folder.ts';

const goesBack = 'an unfinished upgrade goes back to it';

describeEachEngine('the backup that a database needs', (engine) => {
  const open = opener(engine);
  const stopAt =
    (name: string) =>
    (progress: Progress): void => {
      if (progress.kind === 'phase' && progress.name === name) throw new Error(`stopped at ${name}`);
    };

  it('is that of an upgrade, until it is finished', async () => {
    const database = await open();
    const product = await (await sealedShop(engine, database, ['1.0.0', '1.1.0', '1.2.0'])).load('1.2.0');
    expect(await neededBackup(database, product)).toBeUndefined();
    await migrate(database, product, { to: '1.0.0' });
    await fillShop(database);
    const storage = openStorage(await temporaryFolder());
    const onProgress = stopAt('upgrade:saved');
    await expect(upgrade(database, product, storage, { onProgress })).rejects.toThrow('stopped');
    const [file] = await storage.list();
    expect(await neededBackup(database, product)).toEqual({ name: file?.name, why: goesBack });
    await expect(upgrade(database, product, storage)).rejects.toMatchObject({ code: 'UNDECLARED_CHANGE' });
    expect(await neededBackup(database, product)).toEqual({ name: file?.name, why: goesBack });
    await resolve(database, product, 'comparison', 'applied');
    await upgrade(database, product, storage);
    expect(await neededBackup(database, product)).toBeUndefined();
  });

  it('is that of an upgrade in which a migration fails, also when that is settled', async () => {
    const database = await open();
    const source = await olderShopProduct();
    await migrate(database, await source.load('1.0.0'));
    await fillShop(database);
    const table = 'CREATE TABLE extra (id int PRIMARY KEY);';
    await source.write('V1.1.0.1__extra.sql', `${table}\nINSERT INTO nowhere VALUES (1);`);
    await source.write('V1.1.0.1__extra.sql.conf', 'executeInTransaction=false');
    const product = await source.load('1.1.0');
    const storage = openStorage(await temporaryFolder());
    await expect(upgrade(database, product, storage)).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    expect(await info(database, product)).toMatchObject({ phase: 'failed' });
    const [file] = await storage.list();
    const needed = { name: file?.name, why: goesBack };
    expect(await neededBackup(database, product)).toEqual(needed);
    await resolve(database, product, '1.1.0.1', 'retry');
    expect(await neededBackup(database, product)).toEqual(needed);
    await expect(migrate(database, product)).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    expect(await neededBackup(database, product)).toEqual(needed);

    await resolve(database, product, '1.1.0.1', 'retry');
    await source.write('V1.1.0.1__extra.sql', `${table}\nINSERT INTO extra VALUES (1);`);
    const result = await upgrade(database, await source.load('1.1.0'), storage);
    expect(result).toMatchObject({ from: '0.0.0+1', backup: { rows: 110 }, comparison: { undeclared: [] } });
    expect((await storage.list()).map(({ name }) => name)).toEqual([needed.name]);
    expect(await neededBackup(database, product)).toBeUndefined();
  });

  it('is the one that a restore goes on with, until it ends or is undone', async () => {
    const [database, target] = [await open(), await open()];
    const product = await (await olderShopProduct()).load('1.0.0');
    await migrate(database, product);
    await fillShop(database);
    const { file } = await backup(database, product, openStorage(await temporaryFolder()));
    const onProgress = stopAt('restore:built');
    const stopped = withBackup(file, (archive) => restore(target, product, archive, { onProgress }));
    await expect(stopped).rejects.toThrow('stopped');
    expect(await neededBackup(target, product)).toEqual({
      name: basename(file),
      why: 'an unfinished restore goes on with it',
    });
    await abortRestore(target, product);
    expect(await neededBackup(target, product)).toBeUndefined();
  });

  it('is not asked of the database of another product', async () => {
    const database = await open();
    const product = await (await olderShopProduct()).load('1.0.0');
    await migrate(database, product);
    const other = { ...product, name: 'other' };
    await expect(neededBackup(database, other)).rejects.toMatchObject({ code: 'OTHER_PRODUCT' });
  });
});
