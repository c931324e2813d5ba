import { sql } from '@lockstep/core';
import { beforeAll, expect, it } from 'vitest';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { runningCatalog } from '../running-catalog.ts';
import type { TestCatalog } from '../running-catalog.ts';
import { makeShop, makeTable, makeUser, tableRequest } from '../shop.ts';

const table = (name: string) => `/api/v1/tables/name/${name}`;

describeEachEngine('a delete', (engine) => {
  let catalog: TestCatalog;
  beforeAll(async () => {
    catalog = await runningCatalog(engine);
  });

  const status = async (path: string) => (await catalog.get(path)).status;

  /** What is marked as deleted with its parent and is not deleted. */
  async function markedAlive() {
    const session = await catalog.database.session({ schemas: ['public'] });
    const rows = await session.query(sql`SELECT r.to_id FROM entity_relationship r WHERE r.deleted = 1 AND (
      EXISTS (SELECT 1 FROM table_entity t WHERE t.id = r.to_id AND t.deleted = 0)
      OR EXISTS (SELECT 1 FROM database_schema_entity s WHERE s.id = r.to_id AND s.deleted = 0))`);
    await session.close();
    return rows;
  }

  it('hides an entity, which can be restored', async () => {
    await makeShop(catalog, 'soft');
    const { id } = await makeTable(catalog, 'soft.db.public', 'orders');
    const deleted = await catalog.delete(table('soft.db.public.orders'));
    expect(deleted).toMatchObject({ status: 200, body: { id, deleted: true, version: 0.2 } });
    expect(await status(table('soft.db.public.orders'))).toBe(404);
    expect(await status(`${table('soft.db.public.orders')}?include=deleted`)).toBe(200);
    expect(await status(`/api/v1/tables/${id}?include=all`)).toBe(200);
    expect((await catalog.delete(`/api/v1/tables/${id}`)).status).toBe(404);
    expect((await catalog.post('/api/v1/tables', tableRequest('soft.db.public', 'orders'))).status).toBe(409);

    expect(await catalog.put('/api/v1/tables/restore', { id })).toMatchObject({
      status: 200,
      body: { deleted: false },
    });
    expect(await status(table('soft.db.public.orders'))).toBe(200);
    expect(await status(`${table('soft.db.public.orders')}?include=deleted`)).toBe(404);
    await catalog.delete(`/api/v1/tables/${id}`);
    const put = await catalog.put('/api/v1/tables', tableRequest('soft.db.public', 'orders'));
    expect(put).toMatchObject({ status: 200, body: { id, deleted: false } });
  });

  it('of what is not empty has to be asked for', async () => {
    const { database } = await makeShop(catalog, 'full');
    const refused = await catalog.delete(`/api/v1/databases/${database.id}`);
    expect(refused).toMatchObject({ status: 400, body: { code: 400, errorType: 'ENTITY_NOT_EMPTY' } });
    expect(await status(`/api/v1/databases/${database.id}`)).toBe(200);
    expect((await catalog.delete(`/api/v1/databases/${database.id}?hardDelete=true`)).status).toBe(400);
  });

  it('takes along what is below, and a restore brings back exactly that', async () => {
    const { service, schema } = await makeShop(catalog, 'tree');
    await makeTable(catalog, 'tree.db.public', 'kept');
    const gone = await makeTable(catalog, 'tree.db.public', 'gone');
    await catalog.delete(`/api/v1/tables/${gone.id}`);
    expect((await catalog.delete(`/api/v1/services/databaseServices/${service.id}?recursive=true`)).status).toBe(200);
    expect(await status(table('tree.db.public.kept'))).toBe(404);
    expect(await status(`/api/v1/databaseSchemas/${schema.id}`)).toBe(404);
    const below = await catalog.put('/api/v1/tables', tableRequest('tree.db.public', 'new'));
    expect(below).toMatchObject({ status: 400, body: { message: expect.stringContaining('deleted') } });
    expect(await catalog.put('/api/v1/databaseSchemas/restore', { id: schema.id })).toMatchObject({ status: 400 });

    expect((await catalog.put('/api/v1/services/databaseServices/restore', { id: service.id })).status).toBe(200);
    expect(await status(table('tree.db.public.kept'))).toBe(200);
    expect(await status(table('tree.db.public.gone'))).toBe(404);
    expect((await catalog.put('/api/v1/tables/restore', { id: gone.id })).status).toBe(200);
    expect(await status(table('tree.db.public.gone'))).toBe(200);
  });

  it('of one entity stands, whatever had happened to its parent before', async () => {
    const { database, schema } = await makeShop(catalog, 'alone');
    const fall = () => catalog.delete(`/api/v1/databases/${database.id}?recursive=true`);
    const restore = () => catalog.put('/api/v1/databases/restore', { id: database.id });
    for (const name of ['restored', 'put', 'left']) await makeTable(catalog, 'alone.db.public', name);
    const restored = await catalog.get(table('alone.db.public.restored'));
    await fall();
    await restore();
    expect(await markedAlive()).toEqual([]);
    await fall();
    await catalog.put('/api/v1/databases', { name: 'db', service: 'alone' });
    await catalog.put('/api/v1/databaseSchemas', { name: 'public', database: 'alone.db' });
    expect((await catalog.put('/api/v1/tables/restore', { id: restored.body['id'] })).status).toBe(200);
    await makeTable(catalog, 'alone.db.public', 'put');
    expect(await markedAlive()).toEqual([]);

    // Everything but the table "left" is back. That one does not come back with what is above it.
    await fall();
    await restore();
    expect(await status(`/api/v1/databaseSchemas/${schema.id}`)).toBe(200);
    expect(await status(table('alone.db.public.put'))).toBe(200);
    expect(await status(table('alone.db.public.left'))).toBe(404);

    // Neither does what is deleted by itself, though it had fallen with its parent before.
    for (const name of ['restored', 'put']) await catalog.delete(table(`alone.db.public.${name}`));
    await fall();
    await restore();
    expect(await status(table('alone.db.public.restored'))).toBe(404);
    expect(await status(table('alone.db.public.put'))).toBe(404);
  });

  it('for good leaves no trace', async () => {
    const { service, schema } = await makeShop(catalog, 'hard');
    const owner = await makeUser(catalog, 'hard-owner');
    await catalog.put('/api/v1/classifications', { name: 'Hard' });
    await catalog.put('/api/v1/tags', { name: 'Tag', classification: 'Hard' });
    const labels = { owners: [{ id: owner.id, type: 'user' }], tags: [{ tagFQN: 'Hard.Tag' }] };
    const orders = await makeTable(catalog, 'hard.db.public', 'orders', labels);
    const other = await makeTable(catalog, 'hard.db.public', 'other');
    await catalog.patch(`/api/v1/tables/${orders.id}`, [{ op: 'add', path: '/description', value: 'x' }]);
    await catalog.put('/api/v1/lineage', {
      edge: { fromEntity: { id: orders.id, type: 'table' }, toEntity: { id: other.id, type: 'table' } },
    });
    await catalog.delete(`/api/v1/tables/${other.id}`);

    const path = `/api/v1/services/databaseServices/${service.id}?recursive=true&hardDelete=true`;
    expect(await catalog.delete(path)).toMatchObject({ status: 200, body: { id: service.id, deleted: true } });
    expect(await status(`/api/v1/databaseSchemas/${schema.id}?include=all`)).toBe(404);
    const session = await catalog.database.session({ schemas: ['public'] });
    for (const id of [service.id, schema.id, orders.id, other.id]) {
      const left = await session.query(sql`
        SELECT from_id FROM entity_relationship WHERE from_id = ${id} OR to_id = ${id}
        UNION ALL SELECT target_id FROM tag_usage WHERE target_id = ${id}
        UNION ALL SELECT id FROM entity_version WHERE id = ${id}
        UNION ALL SELECT id FROM table_entity WHERE id = ${id}`);
      expect(left).toEqual([]);
    }
    await session.close();
    expect(
      (await catalog.post('/api/v1/services/databaseServices', { name: 'hard', serviceType: 'Postgres' })).status,
    ).toBe(201);
  });

  it('of an owner or a tag takes it off everything', async () => {
    await makeShop(catalog, 'off');
    const owner = await makeUser(catalog, 'off-owner');
    await catalog.put('/api/v1/classifications', { name: 'Off' });
    await catalog.put('/api/v1/tags', { name: 'Tag', classification: 'Off' });
    const { id } = await makeTable(catalog, 'off.db.public', 'orders', {
      owners: [{ id: owner.id, type: 'user' }],
      tags: [{ tagFQN: 'Off.Tag' }],
    });
    await catalog.delete(`/api/v1/users/${owner.id}`);
    const soft = await catalog.get(`/api/v1/tables/${id}?fields=owners`);
    expect(soft.body).toMatchObject({ owners: [{ id: owner.id, deleted: true }] });
    await catalog.delete(`/api/v1/users/${owner.id}?hardDelete=true`);
    await catalog.delete('/api/v1/classifications/name/Off?recursive=true&hardDelete=true');
    expect((await catalog.get(`/api/v1/tables/${id}?fields=*`)).body).toMatchObject({ owners: [], tags: [] });
  });
});
