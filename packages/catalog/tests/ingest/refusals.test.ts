import { SessionPool } from '@lockstep/core';
import type { Database } from '@lockstep/core';
import { beforeAll, expect, it } from 'vitest';
import { kinds } from '#catalog/entities/kinds.js';
import { catalogProduct, ingest } from '#catalog/index.js';
import { openCatalog } from '#catalog/ingest/open-catalog.js';
import { Run } from '#catalog/ingest/run.js';
import { upsert } from '#catalog/ingest/upsert.js';
import { readDocument } from '#catalog/store/documents.js';
import { atEnd } from '../../../../tests/fixtures/cleanup.ts';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { oldCatalog } from '../releases/release.ts';
import { catalogOn, migratedDatabase } from '../running-catalog.ts';
import { makeShop } from '../shop.ts';
import { setState, storedRows } from '../stored.ts';
import { makeSource, read, tablesIn } from './source.ts';
import type { Source } from './source.ts';

describeEachEngine('an ingestion is refused', (engine) => {
  let catalog: Database;
  let source: Source;

  beforeAll(async () => {
    catalog = await migratedDatabase(engine);
    source = await makeSource(engine);
  });

  async function refused(error: object, more: object = {}): Promise<void> {
    await expect(read(catalog, source, more)).rejects.toMatchObject(error);
    expect(await storedRows(catalog, 'database_service_entity', ['id'])).toEqual([]);
  }

  it.each(['', 'x'.repeat(257), 'a\0b'])('for a service that can have no such name: %j', (service) =>
    refused({ code: 'USAGE', exit: 2 }, { service }),
  );

  it('where the database is not at the release of the code', async () => {
    await setState(catalog, 'release_name', '1.3.0');
    await refused({ code: 'DATABASE_NEWER' });
    await setState(catalog, 'release_name', '1.2.0+1');
    await refused({ code: 'DATABASE_NEWER' });
    await setState(catalog, 'release_name', '1.2.0');
    const old = await oldCatalog(engine);
    await expect(read(old.database, source)).rejects.toMatchObject({ code: 'DATABASE_OLDER' });
    expect(await storedRows(old.database, 'database_service_entity', ['id'])).toEqual([]);
  });

  it('in any phase but ready', async () => {
    await setState(catalog, 'phase', 'migrating');
    await refused({ code: 'PHASE_REFUSED' });
    await setState(catalog, 'phase', 'ready');
  });

  it('for a source that does not answer', async () => {
    const unreachable = ingest(catalog, 'postgres://nobody@127.0.0.1:1/x', { service: 'source' });
    await expect(unreachable).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
    expect(await storedRows(catalog, 'database_service_entity', ['id'])).toEqual([]);
  });

  it('for a service that stands for something else', async () => {
    const api = await catalogOn(catalog);
    await api.put('/api/v1/services/databaseServices', { name: 'other', serviceType: 'Snowflake' });
    await expect(read(catalog, source, { service: 'other' })).rejects.toMatchObject({
      code: 'INGEST_SERVICE_OTHER',
      exit: 3,
      details: { service: 'other', found: 'Snowflake' },
    });
    expect(await tablesIn(catalog)).toEqual(new Map());
  });

  it('for tables of a schema that somebody deletes meanwhile', async () => {
    const api = await catalogOn(catalog);
    const { schema, path } = await makeShop(api, 'shop');
    const document = await api.get(`/api/v1/databaseSchemas/${schema.id}`);
    await api.delete(`/api/v1/databaseSchemas/${schema.id}`);
    const pool = new SessionPool(catalog, { schemas: catalogProduct.schemas });
    atEnd(() => pool.close());
    const run = new Run(await openCatalog(catalog, pool), {});
    const table = { name: 't', comment: null, fields: { sourceHash: 'x' }, columns: [] };
    const parent = readDocument({ json: JSON.stringify(document.body) });
    await expect(upsert(run, kinds.table, parent, [table])).rejects.toMatchObject({
      code: 'INGEST_CHANGED',
      exit: 5,
      details: { name: path },
    });
    expect(await tablesIn(catalog)).toEqual(new Map());
  });

  it('in the middle, when the catalog is upgraded or restored under it', async () => {
    const onProgress = (): Promise<void> => setState(catalog, 'epoch', 99);
    const upgraded = read(catalog, source, { includeSystem: true, onProgress });
    await expect(upgraded).rejects.toMatchObject({ code: 'EPOCH_CHANGED' });
    const written = await tablesIn(catalog);
    await setState(catalog, 'epoch', 1);
    const { tables } = await read(catalog, source, { includeSystem: true });
    expect(tables.created).toBeGreaterThan(0);
    expect(tables.unchanged).toBe(written.size);
  });
});
