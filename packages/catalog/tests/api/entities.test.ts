import { beforeAll, expect, it } from 'vitest';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { listOf, runningCatalog, versionsIn } from '../running-catalog.ts';
import type { TestCatalog } from '../running-catalog.ts';
import { entityOf, makeShop, makeTable, makeUser, tableRequest } from '../shop.ts';

describeEachEngine('entities', (engine) => {
  let catalog: TestCatalog;
  beforeAll(async () => {
    catalog = await runningCatalog(engine);
  });

  it('are created below their parents, and read by id and by name', async () => {
    const { service, database, schema } = await makeShop(catalog, 'create');
    const created = await catalog.post(
      '/api/v1/tables',
      tableRequest('create.db.public', 'orders', { sourceHash: 'h1' }),
    );
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      name: 'orders',
      fullyQualifiedName: 'create.db.public.orders',
      version: 0.1,
      deleted: false,
      updatedBy: 'admin',
      serviceType: 'Postgres',
      sourceHash: 'h1',
      service: { id: service.id, type: 'databaseService', name: 'create', fullyQualifiedName: 'create' },
      database: { id: database.id, type: 'database', name: 'db', fullyQualifiedName: 'create.db' },
      databaseSchema: { id: schema.id, type: 'databaseSchema', fullyQualifiedName: 'create.db.public' },
      owners: [],
      tags: [],
    });
    expect(listOf(created.body['columns']).map((column) => column['fullyQualifiedName'])).toEqual([
      'create.db.public.orders.id',
      'create.db.public.orders.note',
    ]);
    const byId = await catalog.get(`/api/v1/tables/${entityOf(created).id}?fields=*`);
    const byName = await catalog.get('/api/v1/tables/name/create.db.public.orders?fields=owners,tags');
    expect(byId).toEqual({ status: 200, body: created.body });
    expect(byName).toEqual(byId);
    const plain = await catalog.get('/api/v1/tables/name/create.db.public.orders');
    expect(plain.body).not.toHaveProperty('owners');
    expect(plain.body).not.toHaveProperty('tags');
  });

  it('are created once', async () => {
    await makeShop(catalog, 'once');
    const request = tableRequest('once.db.public', 'orders');
    expect((await catalog.post('/api/v1/tables', request)).status).toBe(201);
    expect(await catalog.post('/api/v1/tables', request)).toMatchObject({
      status: 409,
      body: { code: 409, errorType: 'ALREADY_EXISTS', message: expect.stringContaining('once.db.public.orders') },
    });
  });

  it('are created once by many at the same time', async () => {
    await makeShop(catalog, 'race');
    const request = tableRequest('race.db.public', 'orders');
    const posts = await Promise.all(Array.from({ length: 8 }, () => catalog.post('/api/v1/tables', request)));
    expect(posts.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(posts.filter(({ status }) => status === 409)).toHaveLength(7);
    const other = tableRequest('race.db.public', 'customers');
    const puts = await Promise.all(Array.from({ length: 8 }, () => catalog.put('/api/v1/tables', other)));
    expect(puts.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(puts.filter(({ status }) => status === 200)).toHaveLength(7);
    expect(new Set(puts.map(({ body }) => body['id'])).size).toBe(1);
  });

  it('lose no change when many are made at the same time', async () => {
    await makeShop(catalog, 'changes');
    const { id } = await makeTable(catalog, 'changes.db.public', 'orders');
    const numbers = Array.from({ length: 10 }, (_, index) => index);
    const patches = numbers.map((number) =>
      catalog.patch(`/api/v1/tables/${id}`, [{ op: 'add', path: `/key${number}`, value: number }]),
    );
    expect((await Promise.all(patches)).map(({ status }) => status)).toEqual(numbers.map(() => 200));
    const { body } = await catalog.get(`/api/v1/tables/${id}`);
    expect(body).toMatchObject({
      version: 1.1,
      ...Object.fromEntries(numbers.map((number) => [`key${number}`, number])),
    });
  });

  it('keep what a PUT does not name', async () => {
    await makeShop(catalog, 'keep');
    const ann = await makeUser(catalog, 'keep-ann');
    const request = tableRequest('keep.db.public', 'orders', {
      description: 'All orders',
      owners: [{ id: ann.id, type: 'user' }],
      extension: { cost: 1.5 },
    });
    await catalog.put('/api/v1/tables', request);
    await catalog.patch('/api/v1/tables/name/keep.db.public.orders', [
      { op: 'add', path: '/columns/0/description', value: 'The number' },
    ]);
    const changed = await catalog.put('/api/v1/tables', {
      ...tableRequest('keep.db.public', 'orders'),
      columns: [
        { name: 'more', dataType: 'INT' },
        { name: 'id', dataType: 'BIGINT', constraint: 'PRIMARY_KEY' },
      ],
    });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({
      description: 'All orders',
      extension: { cost: 1.5 },
      owners: [{ id: ann.id, type: 'user', name: 'keep-ann', deleted: false }],
      columns: [{ name: 'more' }, { name: 'id', description: 'The number' }],
    });
  });

  it('get a new version for a change, and none without', async () => {
    await makeShop(catalog, 'versions');
    const { id } = await makeTable(catalog, 'versions.db.public', 'orders');
    const path = `/api/v1/tables/${id}`;
    const again = await catalog.put('/api/v1/tables', tableRequest('versions.db.public', 'orders'));
    expect(again).toMatchObject({ status: 200, body: { version: 0.1 } });
    const described = await catalog.patch(path, [{ op: 'add', path: '/description', value: 'x' }]);
    expect(described.body).toMatchObject({
      version: 0.2,
      changeDescription: {
        fieldsAdded: [{ name: 'description', newValue: 'x' }],
        fieldsUpdated: [],
        fieldsDeleted: [],
        previousVersion: 0.1,
      },
    });
    const dropped = await catalog.patch(path, [{ op: 'remove', path: '/columns/1' }]);
    expect(dropped.body).toMatchObject({
      version: 1.2,
      changeDescription: { fieldsDeleted: [{ name: 'columns.note' }] },
    });

    const history = await catalog.get(`${path}/versions`);
    expect(history.body['entityType']).toBe('table');
    const versions = versionsIn(history);
    expect(versions.map(({ version }) => version)).toEqual([1.2, 0.2, 0.1]);
    expect(versions.map(({ columns }) => listOf(columns).length)).toEqual([1, 2, 2]);
    expect((await catalog.get(`${path}/versions/0.1`)).body).toMatchObject({
      version: 0.1,
      columns: [{}, { name: 'note' }],
    });
    expect((await catalog.get(`${path}/versions/1.2`)).body).toMatchObject({ version: 1.2 });
    expect((await catalog.get(`${path}/versions/7.0`)).status).toBe(404);
    expect((await catalog.get(`${path}/versions/x`)).status).toBe(404);
  });

  it('have a history longer than ten versions in the right order', async () => {
    const { id } = await makeUser(catalog, 'long');
    for (let step = 0; step < 12; step += 1) {
      await catalog.patch(`/api/v1/users/${id}`, [{ op: 'add', path: '/description', value: `${step}` }]);
    }
    const versions = versionsIn(await catalog.get(`/api/v1/users/${id}/versions`)).map(({ version }) => version);
    expect(versions).toEqual([1.3, 1.2, 1.1, 1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]);
  });

  it('keep no secrets', async () => {
    const service = await catalog.put('/api/v1/services/databaseServices', {
      name: 'secret',
      serviceType: 'Postgres',
      connection: { config: { password: 'hunter2' } },
    });
    const user = await catalog.put('/api/v1/users', { name: 'secret', email: 's@example.com', password: 'hunter2' });
    const path = `/api/v1/services/databaseServices/${entityOf(service).id}`;
    const patched = await catalog.patch(path, [{ op: 'add', path: '/connection', value: { password: 'hunter2' } }]);
    expect(JSON.stringify([service, user, patched, await catalog.get(path)])).not.toContain('hunter2');
  });
});
