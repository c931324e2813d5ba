import { beforeAll, expect, it } from 'vitest';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { runningCatalog } from '../running-catalog.ts';
import type { TestCatalog } from '../running-catalog.ts';
import { makeShop, makeTable } from '../shop.ts';

describeEachEngine('a patch', (engine) => {
  let catalog: TestCatalog;
  let path: string;
  beforeAll(async () => {
    catalog = await runningCatalog(engine);
    await makeShop(catalog, 'shop');
    const { id } = await makeTable(catalog, 'shop.db.public', 'orders', { description: 'old' });
    path = `/api/v1/tables/${id}`;
  });

  it('is applied as a whole or not at all', async () => {
    const before = await catalog.get(path);
    const failed = await catalog.patch(path, [
      { op: 'replace', path: '/description', value: 'new' },
      { op: 'test', path: '/name', value: 'another' },
    ]);
    expect(failed).toMatchObject({ status: 400, body: { code: 400, errorType: 'INVALID_REQUEST' } });
    expect(await catalog.get(path)).toEqual(before);
  });

  it('works by name, and with every operation', async () => {
    const { status, body } = await catalog.patch('/api/v1/tables/name/shop.db.public.orders', [
      { op: 'test', path: '/name', value: 'orders' },
      { op: 'replace', path: '/description', value: 'new' },
      { op: 'copy', from: '/description', path: '/displayName' },
      { op: 'add', path: '/columns/-', value: { name: 'third', dataType: 'INT' } },
      { op: 'move', from: '/columns/2', path: '/columns/0' },
      { op: 'remove', path: '/columns/1/constraint' },
    ]);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { description: 'new', displayName: 'new', columns: [{ name: 'third' }, { name: 'id' }, { name: 'note' }] },
    });
  });

  it('takes a key away with null', async () => {
    await catalog.patch(path, [{ op: 'add', path: '/displayName', value: 'x' }]);
    const { body } = await catalog.patch(path, [{ op: 'replace', path: '/displayName', value: null }]);
    expect(body).not.toHaveProperty('displayName');
  });

  it.each([
    ['an id', [{ op: 'replace', path: '/id', value: 'x' }]],
    ['a name', [{ op: 'replace', path: '/name', value: 'x' }]],
    ['a fully qualified name', [{ op: 'replace', path: '/fullyQualifiedName', value: 'x' }]],
    ['the mark of deletion', [{ op: 'replace', path: '/deleted', value: true }]],
    ['a parent', [{ op: 'replace', path: '/databaseSchema/id', value: 'x' }]],
    ['the service', [{ op: 'remove', path: '/service' }]],
    ['columns into no columns', [{ op: 'replace', path: '/columns', value: 'x' }]],
    ['columns into the same one twice', [{ op: 'copy', from: '/columns/0', path: '/columns/0' }]],
    ['everything', [{ op: 'replace', path: '', value: [] }]],
    ['what is not there', [{ op: 'remove', path: '/nothing' }]],
    ['prototypes', [{ op: 'add', path: '/__proto__/polluted', value: true }]],
    ['prototypes by a constructor', [{ op: 'add', path: '/constructor/prototype/polluted', value: true }]],
    ['from prototypes', [{ op: 'copy', from: '/__proto__', path: '/description' }]],
    ['an owner into nobody', [{ op: 'add', path: '/owners/-', value: { id: 'nobody' } }]],
    ['something by an unknown operation', [{ op: 'increment', path: '/version' }]],
    ['something without a value', [{ op: 'add', path: '/description' }]],
    ['something by no list', { op: 'remove', path: '/description' }],
    ['something by no JSON', '[{'],
    ['something by nothing', undefined],
  ])('that changes %s is refused', async (_, patch) => {
    const before = await catalog.get(path);
    expect(await catalog.patch(path, patch)).toMatchObject({ status: 400, body: { code: 400 } });
    expect(await catalog.get(path)).toEqual(before);
    expect(Object.prototype).not.toHaveProperty('polluted');
  });

  it('of what the catalog sets itself changes nothing', async () => {
    const before = await catalog.get(`${path}?fields=*`);
    const after = await catalog.patch(path, [{ op: 'replace', path: '/version', value: 99 }]);
    expect(after).toEqual(before);
  });
});
