import { readdir } from 'node:fs/promises';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import {
  backup,
  homeOf,
  info,
  listBackups,
  migrate,
  openDatabase,
  openStorage,
  raw,
  readState,
  scheduledBackup,
  sql,
} from '@lockstep/core';
import type {
  Database,
  Product,
  Progress,
  ScheduledBackup,
  ScheduledBackupOptions,
  Session,
  Storage,
} from '@lockstep/core';
import { removeExpiredLeases } from '#core/state/lease.js';
import { atEnd } from '../../../../tests/fixtures/cleanup.ts';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { freshDatabase } from '../../../../tests/fixtures/fresh-database.ts';
import { olderShopProduct } from '../../../../tests/fixtures/shop.ts';
import { temporaryFolder } from '../../../../tests/fixtures/temporary-folder.ts';

const failing = (): Promise<never> => Promise.reject(new Error('the disk is gone'));

describeEachEngine('a scheduled backup', (engine) => {
  let database: Database;
  let product: Product;
  let epoch: bigint;
  let session: Session;
  let folder: string;
  let storage: Storage;
  beforeAll(async () => {
    database = await openDatabase((await freshDatabase(engine)).url);
    atEnd(() => database.close());
    product = await (await olderShopProduct()).load('1.0.0');
    await migrate(database, product);
    session = await database.session({ schemas: ['public'] });
    epoch = (await readState(homeOf(session, database.dialect, ['public'])))?.epoch ?? 0n;
  });
  beforeEach(async () => {
    folder = await temporaryFolder();
    storage = openStorage(folder);
    await lease('DELETE FROM lockstep_lease');
  });

  const run = (options: Partial<ScheduledBackupOptions> = {}, place = storage): Promise<ScheduledBackup> => {
    const due = new Date(Date.now() - 60_000);
    return scheduledBackup(database, product, place, {
      due,
      server: { release: '1.0.0', epoch },
      retrySeconds: 600,
      ...options,
    });
  };
  const lease = (change: string): Promise<number> => session.run(sql`${raw(change)}`);
  const schedule = async () => (await info(database, product)).schedule;

  it('is taken once, however many ask', async () => {
    const asked = await Promise.all(Array.from({ length: 6 }, () => run()));
    expect(asked.filter(({ kind }) => kind === 'taken')).toHaveLength(1);
    expect(await run()).toEqual({ kind: 'there' });
    const [file] = await listBackups(storage);
    expect(await readdir(folder)).toHaveLength(1);
    expect(await schedule()).toMatchObject({
      running: null,
      done: { file: file?.file.split('/').at(-1), bytes: file?.bytes },
      failed: null,
    });
    // The next time that it is due.
    expect(await run({ due: new Date() })).toMatchObject({ kind: 'taken' });
    expect(await readdir(folder)).toHaveLength(2);
  });

  it('does not repeat what was taken by hand, or by a run that was cut off, and does what that lacks', async () => {
    await backup(database, product, storage);
    expect(await run({ prove: true })).toEqual({ kind: 'there' });
    const [found, ...others] = await listBackups(storage);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ proven: { by: expect.any(String) } });
    expect(await schedule()).toMatchObject({ running: null, done: { bytes: found?.bytes } });
  });

  it('is proven and followed by pruning where that is asked for', async () => {
    for (let count = 0; count < 2; count += 1) await backup(database, product, storage);
    const due = new Date(Date.now() + 1000);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await run({ due, prove: true, keep: { last: 1 } })).toMatchObject({ kind: 'taken' });
    expect(await listBackups(storage)).toMatchObject([{ proven: { by: expect.any(String) }, damage: null }]);
  });

  it('that fails is recorded, and tried again after a while', async () => {
    const broken: Storage = {
      ...storage,
      create: failing,
    };
    await expect(run({}, broken)).rejects.toThrow('the disk is gone');
    expect(await schedule()).toMatchObject({
      running: null,
      done: null,
      failed: { reason: 'the disk is gone' },
    });
    const waiting = await run();
    expect(waiting.kind === 'wait' ? waiting.seconds : 0).toBeGreaterThan(500);
    expect(await readdir(folder)).toEqual([]);
    expect(await run({ retrySeconds: 0 })).toMatchObject({ kind: 'taken' });
    expect(await schedule()).toMatchObject({ done: {}, failed: { reason: 'the disk is gone' } });
  });

  it('that is stopped leaves nothing, and another takes it', async () => {
    const stop = new AbortController();
    const onProgress = (progress: Progress): void => {
      if (progress.kind === 'phase' && progress.name === 'backup:publish') stop.abort();
    };
    await expect(run({ signal: stop.signal, onProgress })).rejects.toThrow('abort');
    expect(await readdir(folder)).toEqual([]);
    expect(await schedule()).toEqual({ running: null, done: null, failed: null });
    expect(await run()).toMatchObject({ kind: 'taken' });
  });

  it('is left to the one that is at it, until that one is dead', async () => {
    const row = (until: string): string => `INSERT INTO lockstep_lease
      (id, kind, release_name, host, process, address, epoch, started_at, renewed_at, expires_at)
      VALUES ('b5c0a7d2-0000-4000-8000-000000000001', 'backup', '1.0.0', 'elsewhere', 4711, 'token', 1,
        '2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z', '${until}')`;
    await lease(row('2999-01-01T00:00:00.000000Z'));
    expect(await run()).toMatchObject({ kind: 'wait' });
    expect((await schedule())?.running).toMatchObject({ host: 'elsewhere', process: 4711 });
    await lease('DELETE FROM lockstep_lease');
    await lease(row('2026-01-01T00:00:00.000000Z'));
    expect(await run()).toMatchObject({ kind: 'taken' });
    expect(await lease('DELETE FROM lockstep_lease')).toBe(1);
  });

  it('is remembered when the leases of dead servers are removed', async () => {
    await run();
    await expect(run({ due: new Date(), retrySeconds: 0 }, { ...storage, create: failing })).rejects.toThrow('gone');
    const before = await schedule();
    await removeExpiredLeases(homeOf(session, database.dialect, ['public']));
    expect(await schedule()).toEqual(before);
    expect(before).toMatchObject({ done: {}, failed: {} });
  });

  it('is refused to a server whose database was upgraded', async () => {
    await expect(run({ server: { release: '1.0.0', epoch: 99n } })).rejects.toMatchObject({
      code: 'EPOCH_CHANGED',
    });
    expect(await readdir(folder)).toEqual([]);
  });
});
