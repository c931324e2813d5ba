import { copyFile, open as openHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { releaseLease, takeLease } from '#core/state/lease.js';
import {
  backup,
  countReads,
  digestDatabase,
  homeOf,
  identifier,
  info,
  migrate,
  openArchive,
  openBackup,
  openStorage,
  readOnce,
  restoreTables,
  sql,
  validate,
} from '@lockstep/core';
import type { Archive, Database, PhaseName, Product, Progress, RestoreTablesResult } from '@lockstep/core';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { fillShop, opener, sealedShop, withBackup } from '../../../../tests/fixtures/shop.ts';
import { testProduct } from '../../../../tests/fixtures/product.ts';
import { temporaryFolder } from '../../../../tests/fixtures/temporary-folder.ts';

describeEachEngine('restore of some tables', (engine) => {
  const open = opener(engine);

  const prepared = async (): Promise<{ database: Database; product: Product; file: string }> => {
    const database = await open();
    const source = await sealedShop(engine, database, ['1.0.0']);
    const product = await source.load('1.2.0');
    await migrate(database, product, { to: '1.0.0' });
    await fillShop(database);
    const { file } = await backup(database, product, openStorage(await temporaryFolder()));
    return { database, product, file };
  };
  const change = async (database: Database, ...statements: readonly string[]): Promise<void> => {
    const session = await database.session({ schemas: ['public'] });
    for (const statement of statements) await session.execute(statement);
    await session.close();
  };
  const rowsOf = (result: { readonly tables: RestoreTablesResult['tables'] }): Record<string, number> =>
    Object.fromEntries(result.tables.map(({ name, rows }) => [name.replace('public.', ''), rows]));
  const item = engine.family === 'postgres' ? 'public.item' : 'item';

  it('makes the shape in an empty database, and says which foreign keys are left dangling', async () => {
    const { product, file } = await prepared();
    const parents = await open();
    expect(
      await withBackup(file, (archive) => restoreTables(parents, product, archive, { tables: ['shop'] })),
    ).toMatchObject({ release: '1.0.0', dangling: [] });
    expect(rowsOf(await digestDatabase(parents, product))).toEqual({ shop: 10, item: 0 });
    expect(await info(parents, product)).toMatchObject({ phase: 'ready', shape: { drifted: false } });

    const children = await open();
    const { dangling } = await withBackup(file, (archive) =>
      restoreTables(children, product, archive, { tables: [item] }),
    );
    expect(dangling).toEqual([{ foreignKey: expect.stringContaining('item'), rows: 100 }]);
    expect(rowsOf(await digestDatabase(children, product))).toEqual({ shop: 0, item: 100 });
    // Postgres knows that such a key was not checked, and the shape says so.
    expect(await validate(children, product)).toMatchObject({ drifted: engine.family === 'postgres' });
  });

  it('puts them in place of what is there only when that is asked for, and leaves the others alone', async () => {
    const { database, product, file } = await prepared();
    const before = await digestDatabase(database, product);
    await change(database, `DELETE FROM item WHERE id <> 'i7'`, `UPDATE shop SET name = 'mine' WHERE id = 's3'`);
    const changed = await digestDatabase(database, product);
    const epoch = (await info(database, product)).epoch;
    const run = (replace: boolean): Promise<RestoreTablesResult> =>
      withBackup(file, (archive) => restoreTables(database, product, archive, { tables: ['item'], replace }));
    await expect(run(false)).rejects.toMatchObject({ code: 'REPLACE_NEEDED' });
    expect(await digestDatabase(database, product)).toEqual(changed);
    expect((await info(database, product)).epoch).toBe(epoch);

    expect((await run(true)).dangling).toEqual([]);
    const after = await digestDatabase(database, product);
    expect(after.fingerprint).toBe(before.fingerprint);
    expect(after.tables.find(({ name }) => name === item)).toEqual(before.tables.find(({ name }) => name === item));
    expect(after.tables.find(({ name }) => name !== item)).toEqual(changed.tables.find(({ name }) => name !== item));
    expect((await info(database, product)).epoch).toBe(String(BigInt(epoch ?? 0) + 1n));

    await expect(
      withBackup(file, (archive) => restoreTables(database, product, archive, { tables: ['nothing'] })),
    ).rejects.toMatchObject({ code: 'TABLE_UNKNOWN' });
  });

  it('refuses while a server is alive, and a database of another release', async () => {
    const { database, product, file } = await prepared();
    const run = (): Promise<RestoreTablesResult> =>
      withBackup(file, (archive) => restoreTables(database, product, archive, { tables: ['item'], replace: true }));
    const session = await database.session({ schemas: ['public'] });
    const home = homeOf(session, database.dialect, product.schemas);
    const lease = await takeLease(home, { kind: 'server', release: '1.0.0', epoch: 1n, address: null });
    await expect(run()).rejects.toMatchObject({ code: 'LEASE_LIVE' });
    await releaseLease(home, lease);
    await session.close();
    await run();
    await migrate(database, product, { to: '1.1.0' });
    await expect(run()).rejects.toMatchObject({ code: 'BACKUP_OTHER_RELEASE' });
  });

  it('leaves everything as it was when it is stopped in any phase', async () => {
    const { database, product, file } = await prepared();
    await change(database, `DELETE FROM item WHERE id = 'i7'`);
    const before = await digestDatabase(database, product);
    const run = (onProgress?: (progress: Progress) => void): Promise<RestoreTablesResult> =>
      withBackup(file, (archive) =>
        restoreTables(database, product, archive, { tables: ['item', 'shop'], replace: true, onProgress }),
      );
    const phases: readonly PhaseName[] = [
      'restore:check',
      'restore:entered',
      'restore:load',
      'restore:index',
      'restore:compare',
      'restore:finish',
    ];
    for (const name of phases) {
      const stop = (progress: Progress): void => {
        if (progress.kind === 'phase' && progress.name === name) throw new Error(`stopped at ${name}`);
      };
      await expect(run(stop)).rejects.toThrow(name);
      expect(await digestDatabase(database, product)).toEqual(before);
    }
    await run();
    expect(rowsOf(await digestDatabase(database, product))).toEqual({ shop: 10, item: 100 });
  });

  it('reads its own part of the file only, and finds every damage there', async () => {
    const { database, product } = await prepared();
    const hash = engine.family === 'postgres' ? 'md5(random()::text)' : 'LEFT(SHA2(RAND(), 256), 64)';
    await change(
      database,
      ...'abcdefghij'.split('').map(
        (letter) => `INSERT INTO item (id, shop_id, label)
          SELECT CONCAT(id, '${letter}'), shop_id, ${hash} FROM item`,
      ),
    );
    const { file } = await backup(database, product, openStorage(await temporaryFolder()));
    const target = await open();
    const counted = countReads(await openBackup(file));
    const archive = await openArchive(await readOnce(counted));
    const frames = archive.contents.frames.filter(({ table }) => table === archive.contents.tables.at(-1)?.name);
    const own = frames.reduce((sum, { size }) => sum + size, 0);
    const contents = counted.bytesRead;
    await restoreTables(target, product, archive, { tables: ['shop'] });
    await archive.close();
    expect(rowsOf(await digestDatabase(target, product))).toEqual({ shop: 10, item: 0 });
    expect(own).toBeGreaterThan(0);
    expect(counted.bytesRead).toBe(contents + own);
    expect(contents).toBeLessThan(counted.size / 100);

    const bad = join(await temporaryFolder(), 'bad.sql.zst');
    await copyFile(file, bad);
    await flip(bad, (damaged) => damaged.contents.frames.find(({ table }) => table === item)?.offset ?? 0);
    await withBackup(bad, (damaged) => restoreTables(target, product, damaged, { tables: ['shop'], replace: true }));
    const run = withBackup(bad, (damaged) =>
      restoreTables(target, product, damaged, { tables: ['item'], replace: true }),
    );
    await expect(run).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
    expect(rowsOf(await digestDatabase(target, product))).toEqual({ shop: 10, item: 0 });
  });

  it('raises counters that stand behind the rows, and wakes no trigger', async () => {
    const isPostgres = engine.family === 'postgres';
    const source = await testProduct({
      'postgres/V1.0.0.1__ticket.sql': `CREATE TABLE ticket (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, note text);
        CREATE TABLE audit (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, note text);
        CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          INSERT INTO public.audit (note) VALUES ('told'); RETURN NEW; END $$;
        CREATE TRIGGER ticket_told BEFORE INSERT ON ticket FOR EACH ROW EXECUTE FUNCTION told();`,
      'mysql/V1.0.0.1__ticket.sql': `CREATE TABLE ticket (id int AUTO_INCREMENT PRIMARY KEY, note text);
        CREATE TABLE audit (id int AUTO_INCREMENT PRIMARY KEY, note text);
        CREATE TRIGGER ticket_told BEFORE INSERT ON ticket FOR EACH ROW INSERT INTO audit (note) VALUES ('told');`,
    });
    const product = await source.load('1.0.0');
    const database = await open();
    await migrate(database, product);
    await change(database, `INSERT INTO ticket (note) VALUES ('one'), ('two'), ('three')`);
    const { file } = await backup(database, product, openStorage(await temporaryFolder()));
    const target = await open();
    const run = (table: string): Promise<RestoreTablesResult> =>
      withBackup(file, (archive) => restoreTables(target, product, archive, { tables: [table] }));
    if (isPostgres) {
      await run('ticket');
      expect(rowsOf(await digestDatabase(target, product))).toEqual({ ticket: 3, audit: 0 });
    } else {
      await expect(run('ticket')).rejects.toMatchObject({ code: 'REPLACE_IMPOSSIBLE' });
      await run('audit');
    }
    const table = isPostgres ? 'ticket' : 'audit';
    await change(target, `INSERT INTO ${table} (note) VALUES ('four')`);
    const session = await target.session({ schemas: ['public'] });
    const rows = await session.query(sql`SELECT MAX(id) AS last FROM ${identifier(table)}`);
    await session.close();
    expect(rows).toEqual([{ last: '4' }]);
    expect(await validate(target, product)).toMatchObject({ drifted: false });
  });

  const flip = async (file: string, place: (archive: Archive) => number): Promise<void> => {
    const at = (await withBackup(file, async (archive) => place(archive))) + 40;
    const handle = await openHandle(file, 'r+');
    const byte = Buffer.alloc(1);
    await handle.read(byte, 0, 1, at);
    await handle.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, at);
    await handle.close();
  };
});
