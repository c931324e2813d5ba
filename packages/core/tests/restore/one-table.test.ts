import { expect, it } from 'vitest';
import { backup, digestDatabase, migrate, openStorage, restore } from '@lockstep/core';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { testProduct } from '../../../../tests/fixtures/product.ts';
import { opener, withBackup } from '../../../../tests/fixtures/shop.ts';
import { temporaryFolder } from '../../../../tests/fixtures/temporary-folder.ts';

describeEachEngine(
  'a restore with rows that LOAD DATA does not take',
  (engine) => {
    const open = opener(engine);

    it.each([
      ['a table that several sessions load', 2 ** 16, 0],
      ['a table that one of them loads, from the middle on', 2 ** 14, 2 ** 13],
    ])('has all of them in %s', async (_, rows, good) => {
      const database = await open();
      const table = `CREATE TABLE t (id int PRIMARY KEY, e enum('a'), text varchar(500));`;
      const product = await (await testProduct({ 'V1.0.0.1__t.sql': table })).load('1.0.0');
      await migrate(database, product);
      const session = await database.session();
      // This value is in no list. LOAD DATA warns, and what it has inserted is undone.
      await session.execute(`SET sql_mode = ''`);
      await session.execute(`INSERT INTO t VALUES (1, 'b', REPEAT('one', 100))`);
      for (let count = 1; count < rows; count *= 2) {
        await session.execute(`INSERT INTO t SELECT id + ${count}, 0, text FROM t`);
      }
      await session.execute(`UPDATE t SET e = 'a' WHERE id <= ${good}`);
      await session.close();
      const { file, tables } = await backup(database, product, openStorage(await temporaryFolder()));
      const target = await open();
      await withBackup(file, (archive) => restore(target, product, archive, { jobs: 4 }));
      expect((await digestDatabase(target, product)).tables).toEqual(tables);
    });
  },
  ({ family }) => family !== 'postgres',
);
