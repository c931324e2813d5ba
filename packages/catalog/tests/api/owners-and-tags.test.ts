import { beforeAll, expect, it } from 'vitest';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { listOf, runningCatalog } from '../running-catalog.ts';
import type { TestCatalog } from '../running-catalog.ts';
import { makeShop, makeTable, makeUser, tableRequest } from '../shop.ts';

const namesOf = (entity: Readonly<Record<string, unknown>>) => listOf(entity['owners']).map(({ name }) => name);

describeEachEngine('owners and tags', (engine) => {
  let catalog: TestCatalog;
  beforeAll(async () => {
    catalog = await runningCatalog(engine);
    await makeShop(catalog, 'shop');
    await catalog.put('/api/v1/classifications', { name: 'Data', description: 'What it is' });
    for (const name of ['Email', 'a.b "c"']) {
      await catalog.put('/api/v1/tags', { name, classification: 'Data' });
    }
  });

  it('keep the order of several owners', async () => {
    const users = [await makeUser(catalog, 'zoe'), await makeUser(catalog, 'ann'), await makeUser(catalog, 'max')];
    const owners = users.map(({ id }) => ({ id, type: 'user' }));
    const table = await makeTable(catalog, 'shop.db.public', 'ordered', { owners });
    expect(namesOf(table)).toEqual(['zoe', 'ann', 'max']);
    const path = `/api/v1/tables/${table.id}`;
    const moved = await catalog.patch(path, [{ op: 'move', from: '/owners/0', path: '/owners/2' }]);
    expect(namesOf(moved.body)).toEqual(['ann', 'max', 'zoe']);
    expect(moved.body['version']).toBe(0.2);
    const removed = await catalog.patch(path, [{ op: 'remove', path: '/owners/1' }]);
    expect(namesOf(removed.body)).toEqual(['ann', 'zoe']);
    expect(namesOf((await catalog.get(`${path}/versions/0.1`)).body)).toEqual(['zoe', 'ann', 'max']);
  });

  it('take the older single owner', async () => {
    const user = await makeUser(catalog, 'single');
    const table = await makeTable(catalog, 'shop.db.public', 'single', { owner: { id: user.id, type: 'user' } });
    expect(table).toMatchObject({ owners: [{ name: 'single' }] });
    expect(table).not.toHaveProperty('owner');
  });

  it('are put on columns, those within columns too', async () => {
    const table = await makeTable(catalog, 'shop.db.public', 'columns', {
      columns: [
        { name: 'email', dataType: 'TEXT', tags: [{ tagFQN: 'Data.Email' }] },
        {
          name: 'a.b',
          dataType: 'STRUCT',
          children: [{ name: '"', dataType: 'TEXT', tags: [{ tagFQN: 'Data."a.b ""c"""', state: 'Suggested' }] }],
        },
      ],
    });
    expect(table).toMatchObject({
      columns: [
        { name: 'email', tags: [{ tagFQN: 'Data.Email', name: 'Email' }] },
        {
          fullyQualifiedName: 'shop.db.public.columns."a.b"',
          children: [{ tags: [{ tagFQN: 'Data."a.b ""c"""', state: 'Suggested' }] }],
        },
      ],
    });
    const request = tableRequest('shop.db.public', 'columns', { columns: [{ name: 'email', dataType: 'TEXT' }] });
    const shrunk = await catalog.put('/api/v1/tables', request);
    expect(shrunk.body).toMatchObject({ version: 1.1, columns: [{ name: 'email', tags: [{ tagFQN: 'Data.Email' }] }] });
    const plain = await catalog.get(`/api/v1/tables/${table.id}`);
    expect(listOf(plain.body['columns'])[0]).not.toHaveProperty('tags');
  });

  it('are the same set in any order, and written once', async () => {
    const tags = [{ tagFQN: 'Data.Email' }, { tagFQN: 'Data."a.b ""c"""' }];
    const table = await makeTable(catalog, 'shop.db.public', 'tagged', { tags: [...tags, ...tags] });
    expect(listOf(table['tags'])).toHaveLength(2);
    const again = await makeTable(catalog, 'shop.db.public', 'tagged', { tags: tags.toReversed() });
    expect(again['version']).toBe(0.1);
  });

  it.each([
    ['a user that does not exist', 404, { owners: [{ id: '00000000-0000-0000-0000-000000000000', type: 'user' }] }],
    ['a team', 400, { owners: [{ id: '00000000-0000-0000-0000-000000000000', type: 'team' }] }],
    ['a tag that does not exist', 404, { tags: [{ tagFQN: 'Data.email' }] }],
    ['a glossary term', 400, { tags: [{ tagFQN: 'Data.Email', source: 'Glossary' }] }],
  ])('refuse %s', async (_, status, more) => {
    const answer = await catalog.put('/api/v1/tables', tableRequest('shop.db.public', 'refused', more));
    expect(answer).toMatchObject({ status, body: { code: status } });
    expect((await catalog.get('/api/v1/tables/name/shop.db.public.refused')).status).toBe(404);
  });
});
