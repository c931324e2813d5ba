import { openDatabase } from '@lockstep/core';
import type { Database } from '@lockstep/core';
import { beforeAll, expect, it } from 'vitest';
import { sample } from '#catalog/index.js';
import { atEnd } from '../../../../tests/fixtures/cleanup.ts';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { freshDatabase } from '../../../../tests/fixtures/fresh-database.ts';
import { migratedDatabase } from '../running-catalog.ts';
import { setState, storedRows } from '../stored.ts';

describeEachEngine('a sample is refused', (engine) => {
  let database: Database;

  beforeAll(async () => {
    database = await migratedDatabase(engine);
  });

  async function refused(tables: number, error: object): Promise<void> {
    await expect(sample(database, { tables })).rejects.toMatchObject(error);
    expect(await storedRows(database, 'user_entity', ['id'])).toEqual([]);
  }

  it.each([0, -1, 1.5, Number.NaN])('for %s tables', (wrong) => refused(wrong, { code: 'USAGE', exit: 2 }));

  it.each(['0.9.0', '1.2.0+1', '1.3.0'])('at release %s', async (release) => {
    await setState(database, 'release_name', release);
    await refused(5, { code: 'SAMPLE_RELEASE_UNKNOWN', exit: 3, details: { found: release } });
    await setState(database, 'release_name', '1.2.0');
  });

  it('in a database of another product', async () => {
    await setState(database, 'product', 'shop');
    await refused(5, { code: 'OTHER_PRODUCT' });
    await setState(database, 'product', 'catalog');
  });

  it('in any phase but ready', async () => {
    await setState(database, 'phase', 'restoring');
    await refused(5, { code: 'PHASE_REFUSED' });
    await setState(database, 'phase', 'ready');
  });

  it('in an empty database', async () => {
    const { url } = await freshDatabase(engine);
    const empty = await openDatabase(url);
    atEnd(() => empty.close());
    await expect(sample(empty, { tables: 5 })).rejects.toMatchObject({ code: 'DATABASE_EMPTY' });
  });

  it('in the middle, when the database is upgraded or restored under it', async () => {
    const onProgress = (): Promise<void> => setState(database, 'epoch', 99);
    await expect(sample(database, { tables: 1200, onProgress })).rejects.toMatchObject({ code: 'EPOCH_CHANGED' });
    const written = await storedRows(database, 'table_entity', ['id']);
    expect(written.length).toBeLessThan(1200);
  });
});
