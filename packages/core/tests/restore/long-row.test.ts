import { expect, it } from 'vitest';
import {
  backup,
  digestDatabase,
  info,
  LockstepError,
  migrate,
  openDatabase,
  openStorage,
  restore,
  restoreTables,
} from '@lockstep/core';
import type { Archive, BackupSummary, Database } from '@lockstep/core';
import { atEnd } from '../../../../tests/fixtures/cleanup.ts';
import { runSql } from '../../../../tests/fixtures/client.ts';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { freshDatabase } from '../../../../tests/fixtures/fresh-database.ts';
import { privateServer } from '../../../../tests/fixtures/private-server.ts';
import { testProduct } from '../../../../tests/fixtures/product.ts';
import { withBackup } from '../../../../tests/fixtures/shop.ts';
import { temporaryFolder } from '../../../../tests/fixtures/temporary-folder.ts';

describeEachEngine(
  'a row that is longer than what the server takes',
  (engine) => {
    const open = async (url: string): Promise<Database> => {
      const database = await openDatabase(url);
      atEnd(() => database.close());
      return database;
    };

    it('is found before the first write, with what to do', async () => {
      const table = 'CREATE TABLE t (id int PRIMARY KEY, b longblob);';
      const product = await (await testProduct({ 'V1.0.0.1__t.sql': table })).load('1.0.0');
      const from = await freshDatabase(engine);
      const source = await open(from.url);
      await migrate(source, product);
      const add = (id: number, bytes: number): Promise<string> =>
        runSql(from, `INSERT INTO t VALUES (${id}, REPEAT('x', ${bytes}))`);
      const storage = openStorage(await temporaryFolder());
      // Several make a frame that is longer than what the server takes.
      for (const id of [1, 2, 3, 4, 5, 6, 7, 8]) await add(id, 200_000);
      const many = await backup(source, product, storage);
      await add(9, 4_000_000);
      const large = await backup(source, product, storage);

      const server = await privateServer(engine, { options: ['--max-allowed-packet=1M', '--local-infile=OFF'] });
      const set = (setting: string): Promise<string> =>
        runSql({ engine: server.engine, url: server.engine.url ?? '' }, `SET GLOBAL ${setting}`);
      // The settings of a server are read when it is opened.
      const empty = async (): Promise<Database> => open((await freshDatabase(server.engine)).url);
      const restores = async (target: Database, { file, tables }: BackupSummary): Promise<void> => {
        await withBackup(file, (archive) => restore(target, product, archive));
        expect((await digestDatabase(target, product)).tables).toEqual(tables);
      };
      const refuses = async (
        target: Database,
        work: (archive: Archive) => Promise<unknown>,
      ): Promise<LockstepError> => {
        const error: unknown = await withBackup(large.file, work).catch((thrown: unknown) => thrown);
        if (!(error instanceof LockstepError)) throw error;
        // Two digits for a byte, and what stands around them.
        expect(error).toMatchObject({ code: 'ROW_TOO_LARGE', details: { table: 't', found: '8000006' } });
        expect(await info(target, product)).toMatchObject({ phase: 'none' });
        return error;
      };
      await restores(await empty(), many);
      const small = await empty();
      await refuses(small, (archive) => restoreTables(small, product, archive, { tables: ['t'] }));
      const { next } = await refuses(small, (archive) => restore(small, product, archive));
      const enough = Number(/max_allowed_packet on the server to (\d+) or more/.exec(next)?.[1]);

      await set(`max_allowed_packet = ${enough - 1024}`);
      const stillSmall = await empty();
      await refuses(stillSmall, (archive) => restore(stillSmall, product, archive));
      await set(`max_allowed_packet = ${enough}`);
      await restores(await empty(), large);
      await set(`max_allowed_packet = ${enough - 1024}`);
      await set('local_infile = ON');
      await restores(await empty(), large);
    });
  },
  ({ name }) => name === 'mysql9' || name === 'mariadb10',
);
