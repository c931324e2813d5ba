import { expect, it } from 'vitest';
import {
  abortRestore,
  backup,
  digestDatabase,
  info,
  LockstepError,
  migrate,
  openStorage,
  proveBackup,
  raw,
  restore,
  restoreTables,
  validate,
} from '@lockstep/core';
import type { Database } from '@lockstep/core';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { fillShop, opener, sealedShop, withBackup } from '../../../../tests/fixtures/shop.ts';
import { temporaryFolder } from '../../../../tests/fixtures/temporary-folder.ts';

describeEachEngine('a backup with rows that break a foreign key', (engine) => {
  const open = opener(engine);
  const isPostgres = engine.family === 'postgres';

  /** What no server does by itself: rows that are written past the foreign key. */
  const addOrphan = async (database: Database): Promise<void> => {
    const session = await database.session({ schemas: ['public'] });
    await session.execute(isPostgres ? 'SET session_replication_role = replica' : 'SET foreign_key_checks = 0');
    await session.execute(`INSERT INTO item (id, shop_id, label) VALUES ('orphan', 'none', NULL)`);
    await session.close();
  };
  const run = async (database: Database, ...statements: readonly string[]): Promise<void> => {
    const session = await database.session({ schemas: ['public'] });
    for (const statement of statements) await session.execute(statement);
    await session.close();
  };

  it('stops a restore, which says which and how to find them, and is taken as it is table by table', async () => {
    const database = await open();
    const product = await (await sealedShop(engine, database, ['1.0.0'])).load('1.2.0');
    await migrate(database, product, { to: '1.0.0' });
    await fillShop(database);
    await addOrphan(database);
    const { file } = await backup(database, product, openStorage(await temporaryFolder()));
    const target = await open();
    const error: unknown = await withBackup(file, (archive) => restore(target, product, archive)).catch(
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof LockstepError)) throw error;
    expect(error).toMatchObject({
      code: 'FOREIGN_KEY_BROKEN',
      details: { foreignKey: expect.stringContaining('item') },
    });
    const session = await database.session({ schemas: ['public'] });
    expect(await session.query(raw(error.details['query'] ?? ''))).toMatchObject([{ id: 'orphan' }]);
    await session.close();
    expect(await info(target, product)).toMatchObject({ phase: 'restoring' });
    expect(await withBackup(file, (archive) => proveBackup(database, product, archive))).toMatchObject({
      result: 'failed',
      reason: expect.stringContaining('foreign key'),
    });

    await abortRestore(target, product);
    const { dangling } = await withBackup(file, (archive) =>
      restoreTables(target, product, archive, { tables: ['*'] }),
    );
    expect(dangling).toEqual([{ foreignKey: error.details['foreignKey'], rows: 1 }]);
    expect((await digestDatabase(target, product)).tables).toEqual((await digestDatabase(database, product)).tables);
    expect(await validate(target, product)).toMatchObject({ drifted: isPostgres });
    await run(target, `DELETE FROM item WHERE id = 'orphan'`);
    if (isPostgres) await run(target, 'ALTER TABLE item VALIDATE CONSTRAINT item_shop_id_fkey');
    expect(await validate(target, product)).toMatchObject({ drifted: false });
  });
});
