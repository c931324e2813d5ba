import { expect, it } from 'vitest';
import {
  abortRestore,
  backup,
  digestDatabase,
  info,
  migrate,
  openStorage,
  resolve,
  restore,
  sealRelease,
  sql,
  validate,
} from '@lockstep/core';
import type { Database, Product, Progress } from '@lockstep/core';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { fillShop, opener, shopProduct, withBackup } from '../../../../tests/fixtures/shop.ts';
import { temporaryFolder } from '../../../../tests/fixtures/temporary-folder.ts';

const stops = [
  'restore:entered',
  'restore:built',
  'restore:load',
  'restore:index',
  'restore:compare',
  'restore:finish',
] as const;

describeEachEngine('restore', (engine) => {
  const open = opener(engine);

  const prepared = async (): Promise<{ database: Database; product: Product; file: string }> => {
    const database = await open();
    const source = await shopProduct();
    await sealRelease(database, await source.load('1.2.0'), '1.0.0');
    const product = await source.load('1.2.0');
    await migrate(database, product, { to: '1.0.0' });
    await fillShop(database);
    const { file } = await backup(database, product, openStorage(await temporaryFolder()));
    return { database, product, file };
  };
  const stopAt = (phase: string) => ({
    onProgress: (progress: Progress) => {
      if (progress.kind === 'phase' && progress.name === phase) throw new Error(`stopped at ${phase}`);
    },
  });

  it('goes into an empty database, and into a fresh one that nobody has used', async () => {
    const { database, product, file } = await prepared();
    const expected = await digestDatabase(database, product);
    const fresh = await open();
    await migrate(fresh, product, { to: '1.0.0' });
    for (const target of [await open(), fresh]) {
      const before = await info(target, product);
      const result = await withBackup(file, (archive) => restore(target, product, archive));
      expect(result.contentRoot).toBe(expected.contentRoot);
      expect(await digestDatabase(target, product)).toEqual(expected);
      const after = await info(target, product);
      expect(after).toMatchObject({ phase: 'ready', shape: { drifted: false }, release: { database: '1.0.0' } });
      expect(after.databaseId).not.toBe(before.databaseId);
      expect(after.history).toEqual((await info(database, product)).history);
    }
  });

  it('is undone, or done again, after it was stopped in any phase', async () => {
    const { database, product, file } = await prepared();
    const target = await open();
    for (const name of stops) {
      await expect(withBackup(file, (archive) => restore(target, product, archive, stopAt(name)))).rejects.toThrow(
        name,
      );
      expect(await info(target, product)).toMatchObject({ phase: 'restoring' });
      await expect(migrate(target, product)).rejects.toMatchObject({ code: 'PHASE_REFUSED' });
      if (name !== 'restore:load') continue;
      expect(await abortRestore(target, product)).toEqual({ left: 'empty' });
      expect(await info(target, product)).toMatchObject({ phase: 'none', history: [] });
    }
    await withBackup(file, (archive) => restore(target, product, archive));
    expect(await digestDatabase(target, product)).toEqual(await digestDatabase(database, product));
  });

  it('is undone to a fresh database where it began with one', async () => {
    const { product, file } = await prepared();
    const target = await open();
    await migrate(target, product, { to: '1.0.0' });
    const fresh = await digestDatabase(target, product);
    await expect(
      withBackup(file, (archive) => restore(target, product, archive, stopAt('restore:compare'))),
    ).rejects.toThrow();
    expect(await abortRestore(target, product)).toEqual({ left: 'seed' });
    expect(await digestDatabase(target, product)).toEqual(fresh);
    await expect(abortRestore(target, product)).rejects.toMatchObject({ code: 'RESTORE_NOT_RUNNING' });
  });

  it('takes a drifted backup only by the DDL in the file', async () => {
    const { database, product } = await prepared();
    const session = await database.session({ schemas: ['public'] });
    await session.execute('ALTER TABLE item ADD COLUMN extra int');
    await session.run(sql`UPDATE item SET extra = 7 WHERE id = 'i5'`);
    await session.close();
    const summary = await backup(database, product, openStorage(await temporaryFolder()));
    expect(summary.drifted).toBe(true);
    const target = await open();
    await expect(withBackup(summary.file, (archive) => restore(target, product, archive))).rejects.toMatchObject({
      code: 'BACKUP_SHAPE_UNKNOWN',
    });
    expect(await info(target, product)).toMatchObject({ phase: 'none' });
    const result = await withBackup(summary.file, (archive) => restore(target, product, archive, { embedded: true }));
    expect(result.contentRoot).toBe(summary.contentRoot);
    expect(await validate(target, product)).toMatchObject({ drifted: true });
  });

  it('brings back a failed database as failed, to be settled there', async () => {
    const { database, product } = await prepared();
    await migrate(database, product, { to: '1.1.0' });
    const session = await database.session({ schemas: ['public'] });
    const detail = JSON.stringify({ migration: '1.1.0.1', statement: '2', line: '4', message: 'it broke' });
    await session.run(sql`DELETE FROM flyway_schema_history WHERE version = '1.1.0.1'`);
    await session.run(sql`UPDATE lockstep_state SET phase = 'failed', detail = ${detail}`);
    await session.close();
    const { file } = await backup(database, product, openStorage(await temporaryFolder()));
    const target = await open();
    await withBackup(file, (archive) => restore(target, product, archive, { embedded: true }));
    expect(await info(target, product)).toMatchObject({ phase: 'failed', detail: { migration: '1.1.0.1' } });
    expect(await resolve(target, product, '1.1.0.1', undefined)).toMatchObject({ statement: 2, message: 'it broke' });
  });
});
