import { digestDatabase, loadProduct, migrate, openDatabase } from '@lockstep/core';
import type { Database } from '@lockstep/core';
import { beforeAll, expect, it } from 'vitest';
import type { EntityDocument } from '#catalog/entities/document.js';
import { catalogProduct, ingest } from '#catalog/index.js';
import { describeEachEngine, everyServer } from '../../../../tests/fixtures/engines.ts';
import { catalogOn, migratedDatabase } from '../running-catalog.ts';
import { makeUser } from '../shop.ts';
import { storedRows } from '../stored.ts';
import { makeSource, read, tablesIn } from './source.ts';
import type { Source } from './source.ts';

async function contentRoot(database: Database): Promise<string> {
  return (await digestDatabase(database, await loadProduct(catalogProduct))).contentRoot;
}

const none = { created: 0, changed: 0, unchanged: 0, restored: 0, deleted: 0 };

describeEachEngine('an ingestion', (engine) => {
  let catalog: Database;
  let source: Source;
  const known = (tables: ReadonlyMap<string, EntityDocument>, name: string): EntityDocument | undefined =>
    tables.get(`${source.path}.${name}`);

  beforeAll(async () => {
    catalog = await migratedDatabase(engine);
    source = await makeSource(engine);
  });

  it('reads tables and views with their columns, keys and comments', async () => {
    const counts: number[] = [];
    const result = await read(catalog, source, {
      onProgress: (progress) => {
        if (progress.kind === 'count') counts.push(progress.done, progress.total);
      },
    });
    expect(result).toMatchObject({
      service: 'source',
      databases: { ...none, created: 1 },
      schemas: { ...none, created: 1 },
      tables: { ...none, created: 4 },
      skipped: [],
    });
    expect(counts).toEqual([4, 4]);

    const tables = await tablesIn(catalog);
    expect([...tables.keys()].toSorted()).toEqual(
      ['"odd ""name"".x"', 'customer', 'names', 'orders'].map((name) => `${source.path}.${name}`),
    );
    expect(known(tables, 'customer')).toMatchObject({
      tableType: 'Regular',
      description: 'Who buys',
      version: 0.1,
      deleted: false,
      updatedBy: 'ingestion',
      service: { name: 'source', type: 'databaseService' },
      columns: [
        { name: 'id', dataType: 'BIGINT', constraint: 'PRIMARY_KEY', ordinalPosition: 1 },
        { name: 'name', dataType: 'VARCHAR', dataLength: 40, constraint: 'NOT_NULL', description: 'In full' },
        { name: 'email', dataType: 'VARCHAR', dataLength: 80, constraint: 'UNIQUE', ordinalPosition: 3 },
        { name: 'balance', precision: 12, scale: 2, constraint: 'NULL' },
      ],
      tableConstraints: [
        { constraintType: 'PRIMARY_KEY', columns: ['id'] },
        { constraintType: 'UNIQUE', columns: ['email'] },
      ],
    });
    expect(known(tables, 'orders')?.['tableConstraints']).toEqual([
      { constraintType: 'PRIMARY_KEY', columns: ['id'] },
      { constraintType: 'UNIQUE', columns: ['id', 'line'] },
      { constraintType: 'FOREIGN_KEY', columns: ['customer_id'], referredColumns: [`${source.path}.customer.id`] },
    ]);
    expect(known(tables, 'names')).toMatchObject({ tableType: 'View', columns: [{ name: 'id' }, { name: 'name' }] });
    expect(known(tables, 'names')?.['schemaDefinition']).toMatch(/select.*customer/is);
  });

  it('changes nothing the second time', async () => {
    const before = await contentRoot(catalog);
    expect(await read(catalog, source)).toMatchObject({
      databases: { ...none, unchanged: 1 },
      schemas: { ...none, unchanged: 1 },
      tables: { ...none, unchanged: 4 },
    });
    expect(await contentRoot(catalog)).toBe(before);
  });

  it('changes only the table whose column has changed', async () => {
    const before = await tablesIn(catalog);
    await source.run('alter table orders add column note varchar(10)');
    expect(await read(catalog, source)).toMatchObject({ tables: { ...none, changed: 1, unchanged: 3 } });
    const after = await tablesIn(catalog);
    for (const [name, document] of before) {
      if (name !== `${source.path}.orders`) expect(after.get(name)).toEqual(document);
    }
    expect(known(after, 'orders')).toMatchObject({ id: known(before, 'orders')?.id, version: 0.2 });
    expect(known(after, 'orders')?.changeDescription).toMatchObject({
      fieldsAdded: [{ name: 'columns.note' }],
      fieldsUpdated: [{ name: 'sourceHash' }],
      fieldsDeleted: [],
      previousVersion: 0.1,
    });
    const versions = await storedRows(catalog, 'entity_version', ['id', 'version']);
    expect(versions).toEqual([{ id: known(before, 'orders')?.id, version: '0.1' }]);
  });

  it('counts a column that has gone as a change that breaks', async () => {
    await source.run('alter table orders drop column note');
    await read(catalog, source);
    expect(known(await tablesIn(catalog), 'orders')).toMatchObject({ version: 1.2 });
  });

  it('deletes softly what has gone, and brings the same entity back when it is there again', async () => {
    const before = known(await tablesIn(catalog), 'orders');
    await source.run('drop table orders');
    expect(await read(catalog, source)).toMatchObject({ tables: { ...none, unchanged: 3, deleted: 1 } });
    expect(known(await tablesIn(catalog), 'orders')).toMatchObject({ id: before?.id, deleted: true, version: 1.3 });
    expect(await read(catalog, source)).toMatchObject({ tables: { ...none, unchanged: 3 } });

    await source.run('create table orders (id int primary key)');
    expect(await read(catalog, source)).toMatchObject({ tables: { ...none, unchanged: 3, restored: 1 } });
    const after = known(await tablesIn(catalog), 'orders');
    expect(after).toMatchObject({ id: before?.id, deleted: false, columns: [{ name: 'id' }] });
    expect(after?.['tableConstraints']).toEqual([{ constraintType: 'PRIMARY_KEY', columns: ['id'] }]);
  });

  it('keeps what people wrote, and follows the comments that nobody has replaced', async () => {
    const api = await catalogOn(catalog);
    const ann = await makeUser(api, 'ann');
    const { id } = known(await tablesIn(catalog), 'customer') ?? { id: '' };
    await api.put('/api/v1/classifications', { name: 'Tier' });
    await api.put('/api/v1/tags', { name: 'Gold', classification: 'Tier' });
    const patched = await api.patch(`/api/v1/tables/${id}`, [
      { op: 'replace', path: '/description', value: 'Our own words' },
      { op: 'add', path: '/owners', value: [{ id: ann.id, type: 'user' }] },
      { op: 'add', path: '/columns/2/displayName', value: 'Mail' },
      { op: 'add', path: '/columns/2/tags', value: [{ tagFQN: 'Tier.Gold' }] },
    ]);
    expect(patched.status).toBe(200);

    const postgres = engine.family === 'postgres';
    await source.run(
      postgres
        ? `comment on table customer is 'Who pays'; comment on column customer.name is 'As on the card'`
        : `alter table customer comment = 'Who pays';
           alter table customer modify column name varchar(40) default 'nobody' not null comment 'As on the card'`,
    );
    // A view of MySQL and MariaDB shows the comments of the columns that it is made of.
    const changed = postgres ? 1 : 2;
    expect(await read(catalog, source)).toMatchObject({ tables: { ...none, unchanged: 4 - changed, changed } });
    const { body } = await api.get(`/api/v1/tables/${id}?fields=*`);
    expect(body).toMatchObject({
      description: 'Our own words',
      sourceComment: 'Who pays',
      owners: [{ id: ann.id }],
      columns: [
        { name: 'id' },
        { name: 'name', description: 'As on the card' },
        { name: 'email', displayName: 'Mail', tags: [{ tagFQN: 'Tier.Gold' }] },
        { name: 'balance' },
      ],
    });
    await source.run(
      postgres
        ? 'comment on column customer.name is null'
        : `alter table customer modify column name varchar(40) default 'nobody' not null`,
    );
    await read(catalog, source);
    expect(known(await tablesIn(catalog), 'customer')?.['columns']).toMatchObject([
      { name: 'id' },
      expect.not.objectContaining({ description: expect.anything() }),
      { name: 'email' },
      { name: 'balance' },
    ]);
  });

  it('brings back a service that was deleted, with what the source has', async () => {
    const api = await catalogOn(catalog);
    const before = await tablesIn(catalog);
    const { body } = await api.get('/api/v1/services/databaseServices/name/source');
    await api.delete(`/api/v1/services/databaseServices/${String(body['id'])}?recursive=true`);
    expect([...(await tablesIn(catalog)).values()].every(({ deleted }) => deleted)).toBe(true);
    await source.run('drop view names');
    await read(catalog, source);
    const after = await tablesIn(catalog);
    for (const [name, { id }] of before) {
      expect(after.get(name)).toMatchObject({ id, deleted: name === `${source.path}.names` });
    }
  });
});

describeEachEngine('two ingestions at once', (engine) => {
  it('make every entity once', async () => {
    const catalog = await migratedDatabase(engine);
    const source = await makeSource(engine);
    const results = await Promise.all([read(catalog, source), read(catalog, source)]);
    const stored = await storedRows(catalog, 'table_entity', ['fully_qualified_name']);
    expect(stored).toHaveLength(4);
    expect(results.map(({ tables }) => tables.created).reduce((sum, created) => sum + created)).toBe(4);
    expect(await storedRows(catalog, 'database_service_entity', ['id'])).toHaveLength(1);
    expect(await storedRows(catalog, 'entity_version', ['id'])).toEqual([]);
  });
});

describeEachEngine(
  'an ingestion of the catalog itself',
  (engine) => {
    it('reads its own tables, and changes nothing the second time', async () => {
      const source = await makeSource(engine);
      await source.run('drop table orders; drop view names; drop table customer; drop table "odd ""name"".x"');
      const catalog = await openDatabase(source.url);
      try {
        await migrate(catalog, await loadProduct(catalogProduct));
        await ingest(catalog, source.url, { service: 'source', onlyDatabase: true });
        const tables = await tablesIn(catalog);
        for (const name of ['table_entity', 'lockstep_state', 'flyway_schema_history']) {
          expect(tables.get(`${source.path}.${name}`)).toMatchObject({ deleted: false });
        }
        const before = await contentRoot(catalog);
        const again = await ingest(catalog, source.url, { service: 'source', onlyDatabase: true });
        expect(again.tables).toEqual({ ...none, unchanged: tables.size });
        expect(await contentRoot(catalog)).toBe(before);
      } finally {
        await catalog.close();
      }
    });
  },
  everyServer,
);
