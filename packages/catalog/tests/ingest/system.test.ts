import { digestDatabase, loadProduct } from '@lockstep/core';
import type { Database } from '@lockstep/core';
import { beforeAll, expect, it } from 'vitest';
import { catalogProduct } from '#catalog/index.js';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { migratedDatabase } from '../running-catalog.ts';
import { storedRows } from '../stored.ts';
import { makeSource, read, tableCounts, tablesIn } from './source.ts';
import type { Source } from './source.ts';

const none = { created: 0, changed: 0, unchanged: 0, restored: 0, deleted: 0 };

/** Schemas of the servers themselves; MariaDB has sys from 10.6 on. */
const systemSchemas = {
  postgres: ['information_schema', 'pg_catalog'],
  mysql: ['information_schema', 'mysql', 'performance_schema', 'sys'],
  mariadb: ['information_schema', 'mysql', 'performance_schema', 'sys'],
};

describeEachEngine("an ingestion of the server's own schemas", (engine) => {
  const expected = systemSchemas[engine.family];
  let catalog: Database;
  let source: Source;

  beforeAll(async () => {
    catalog = await migratedDatabase(engine);
    source = await makeSource(engine);
  });

  async function byId(): Promise<string> {
    return (await digestDatabase(catalog, await loadProduct(catalogProduct))).contentRoot;
  }

  it('is broken off after the first tables, and continued', async () => {
    const ended = new AbortController();
    const broken = read(catalog, source, {
      includeSystem: true,
      onProgress: () => ended.abort(),
      signal: ended.signal,
    });
    await expect(broken).rejects.toThrow(/abort/);
    const before = await tablesIn(catalog);
    expect(before.size).toBeGreaterThan(0);

    const { tables } = await read(catalog, source, { includeSystem: true });
    expect(tables).toMatchObject({ ...none, created: expect.any(Number), unchanged: before.size });
    const after = await tablesIn(catalog);
    for (const [name, document] of before) expect(after.get(name)).toEqual(document);
  });

  it('reads every table of them', async () => {
    const counts = await tableCounts(source);
    const found = new Map<string, number>();
    for (const document of (await tablesIn(catalog)).values()) {
      const { name } = { name: '', ...Object(document['databaseSchema']) };
      found.set(name, (found.get(name) ?? 0) + 1);
    }
    for (const schema of expected) expect([schema, found.get(schema)]).toEqual([schema, counts.get(schema)]);
    const columnless = [...(await tablesIn(catalog)).values()].filter(({ columns }) => Object(columns).length === 0);
    expect(columnless.map(({ fullyQualifiedName }) => fullyQualifiedName)).toEqual([]);
  });

  it('changes nothing the second time', async () => {
    const before = await byId();
    const { tables } = await read(catalog, source, { includeSystem: true });
    const stored = await storedRows(catalog, 'table_entity', ['id']);
    expect(tables).toEqual({ ...none, unchanged: stored.length });
    expect(await byId()).toBe(before);
  });

  it('leaves them alone in a run that does not look at them', async () => {
    const before = await byId();
    expect(await read(catalog, source)).toMatchObject({ tables: { ...none, unchanged: 4 }, schemas: { deleted: 0 } });
    expect(await byId()).toBe(before);
  });
});
