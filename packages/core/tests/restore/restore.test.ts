import { expect, it } from 'vitest';
import {
  abortRestore,
  backup,
  digestDatabase,
  identifier,
  info,
  migrate,
  openStorage,
  resolve,
  restore,
  sql,
  validate,
} from '@lockstep/core';
import type { Database, PhaseName, Product, Progress } from '@lockstep/core';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { fillShop, opener, sealedShop, withBackup } from '../../../../tests/fixtures/shop.ts';
import { temporaryFolder } from '../../../../tests/fixtures/temporary-folder.ts';

const stops = [
  'restore:entered',
  'restore:built',
  'restore:load',
  'restore:commit',
  'restore:index',
  'restore:settle',
  'restore:compare',
  'restore:finish',
] as const;

describeEachEngine('restore', (engine) => {
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

  it('goes on where it was cut off: no row is loaded twice, no index is built twice', async () => {
    const { database, product } = await prepared();
    const session = await database.session({ schemas: ['public'] });
    for (const letter of 'abcdefghij') {
      await session.execute(`INSERT INTO item (id, shop_id, label)
        SELECT CONCAT(id, '${letter}'), shop_id, '${letter.repeat(100)}' FROM item`);
    }
    await session.close();
    const { file } = await backup(database, product, openStorage(await temporaryFolder()));
    const expected = await digestDatabase(database, product);
    const target = await open();
    /** Runs until a phase is reached for the so manieth time, and counts the pieces that it loads and builds. */
    const run = async (
      from: string,
      jobs: number,
      name?: PhaseName,
      times = 1,
      into = target,
    ): Promise<{ loads: number; builds: number }> => {
      const seen: PhaseName[] = [];
      const onProgress = (progress: Progress): void => {
        if (progress.kind !== 'phase') return;
        seen.push(progress.name);
        if (progress.name === name && seen.filter((other) => other === name).length === times) {
          throw new Error(`stopped at ${name}`);
        }
      };
      const done = withBackup(from, (archive) => restore(into, product, archive, { onProgress, jobs }));
      await (name === undefined ? done : expect(done).rejects.toThrow(`stopped at ${name}`));
      const count = (phase: PhaseName): number => seen.filter((other) => other === phase).length;
      return { loads: count('restore:load'), builds: count('restore:index') };
    };
    const loaded = async (): Promise<number> => {
      const reader = await target.session({ schemas: ['public'] });
      const rows =
        await reader.query(sql`SELECT statement FROM ${identifier(target.dialect.homeSchema(['public']), 'lockstep_step')}
        WHERE migration = 'restore' AND statement > 0`);
      await reader.close();
      return rows.length;
    };

    // How many frames there are depends on how the readers shared the tables out among them.
    const pieces = (from: string): Promise<number> =>
      withBackup(from, async ({ contents }) => contents.frames.filter(({ kind }) => kind === 'data').length);
    const all = await pieces(file);
    expect(all).toBeGreaterThan(4);
    await run(file, 2, 'restore:commit', 2);
    const first = await loaded();
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(all);
    const second = await run(file, 2, 'restore:settle');
    expect(second.loads).toBe(all - first);
    expect(second.builds).toBeGreaterThan(1);

    const other = await backup(database, product, openStorage(await temporaryFolder()));
    const whole = await run(other.file, 1, undefined, 1, await open());
    expect(whole.loads).toBe(await pieces(other.file));
    const third = await run(other.file, 1, 'restore:index', 2);
    expect(await run(other.file, 1)).toEqual({ loads: whole.loads - third.loads, builds: whole.builds - 1 });
    expect(await digestDatabase(target, product)).toEqual(expected);
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
