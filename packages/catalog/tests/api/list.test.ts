import { beforeAll, expect, it } from 'vitest';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { fieldsOf, listOf, runningCatalog, textOf } from '../running-catalog.ts';
import type { TestCatalog } from '../running-catalog.ts';
import { makeShop, makeTable, makeUser } from '../shop.ts';

/** In the order of their UTF-8 bytes, which is that of lists. */
const names = ['A', 'B', 'a', 'a.b', 'aa', 'b', 'z', 'Ä', 'ä', '日本', 'ﬁ', '😀'];

describeEachEngine('a list', (engine) => {
  let catalog: TestCatalog;
  beforeAll(async () => {
    catalog = await runningCatalog(engine);
    await makeShop(catalog, 'one');
    await makeShop(catalog, 'two');
    for (const name of names.toReversed()) await makeTable(catalog, 'one.db.public', name);
    await makeTable(catalog, 'two.db.public', 'a');
    const { id } = await makeTable(catalog, 'two.db.public', 'gone');
    await catalog.delete(`/api/v1/tables/${id}`);
  });

  async function list(query: string) {
    const { status, body } = await catalog.get(`/api/v1/tables?${query}`);
    expect(status).toBe(200);
    const data = listOf(body['data']);
    return { names: data.map((entity) => entity['name']), paging: fieldsOf(body['paging']), data };
  }

  it('is paged forwards and backwards', async () => {
    const pages: unknown[][] = [];
    let after = '';
    let before = '';
    do {
      const page = await list(`service=one&limit=5${after === '' ? '' : `&after=${after}`}`);
      expect(page.paging).toMatchObject({ total: 12 });
      expect('before' in page.paging).toBe(pages.length > 0);
      pages.push(page.names);
      after = textOf(page.paging['after']);
      before = textOf(page.paging['before']);
    } while (after !== '');
    expect(pages).toEqual([names.slice(0, 5), names.slice(5, 10), names.slice(10)]);

    const back: unknown[][] = [];
    while (before !== '') {
      const page = await list(`service=one&limit=5&before=${before}`);
      expect(page.paging).toHaveProperty('after');
      back.push(page.names);
      before = textOf(page.paging['before']);
    }
    expect(back).toEqual([names.slice(5, 10), names.slice(0, 5)]);
  });

  it('is paged through entities of the same name', async () => {
    const first = await list('database=one.db&limit=2');
    const same = await list(`limit=100&include=all`);
    expect(first.names).toEqual(['A', 'B']);
    expect(same.names.filter((name) => name === 'a')).toHaveLength(2);
    const seen: unknown[] = [];
    let after = '';
    do {
      const page = await list(`limit=1&include=all${after === '' ? '' : `&after=${after}`}`);
      seen.push(...page.data.map((entity) => entity['id']));
      after = textOf(page.paging['after']);
    } while (after !== '');
    expect(seen).toEqual(same.data.map((entity) => entity['id']));
  });

  it('has ten entities unless told otherwise, and none if told so', async () => {
    expect((await list('')).names).toHaveLength(10);
    const none = await list('limit=0');
    expect(none.names).toEqual([]);
    expect(none.paging).toMatchObject({ total: 13 });
    expect((await list('limit=1000000')).names).toHaveLength(13);
  });

  it.each([
    ['service=two', ['a']],
    ['database=two.db', ['a']],
    ['databaseSchema=two.db.public', ['a']],
    ['database=two.db.public', ['a']],
    ['service=two&include=all', ['a', 'gone']],
    ['service=two&include=deleted', ['gone']],
    ['service=TWO', []],
    ['database=two.nothing', []],
    ['database=two.db.public.a', []],
  ])('is filtered by %s', async (query, expected) => {
    const found = await list(query);
    expect(found.names).toEqual(expected);
    expect(found.paging).toEqual({ total: expected.length });
  });

  it('has owners and tags when asked', async () => {
    const ann = await makeUser(catalog, 'ann');
    await catalog.put('/api/v1/classifications', { name: 'Data' });
    await catalog.put('/api/v1/tags', { name: 'Secret', classification: 'Data', description: 'Hush' });
    await makeTable(catalog, 'two.db.public', 'a', {
      owners: [{ id: ann['id'], type: 'user' }],
      tags: [{ tagFQN: 'Data.Secret' }],
    });
    expect((await list('service=two')).data[0]).not.toHaveProperty('owners');
    const [table] = (await list('service=two&fields=owners,tags,columns')).data;
    expect(table).toMatchObject({
      owners: [{ id: ann['id'], name: 'ann' }],
      tags: [
        {
          tagFQN: 'Data.Secret',
          description: 'Hush',
          source: 'Classification',
          labelType: 'Manual',
          state: 'Confirmed',
        },
      ],
    });
    const { body } = await catalog.get('/api/v1/tags?parent=Data');
    expect(listOf(body['data']).map((tag) => tag['fullyQualifiedName'])).toEqual(['Data.Secret']);
  });

  it.each([
    'limit=-1',
    'limit=x',
    'limit=1000001',
    'include=some',
    'after=x',
    'before=e30',
    'database=a..b',
    'limit=1&limit=2',
  ])('with %s is refused', async (query) => {
    expect(await catalog.get(`/api/v1/tables?${query}`)).toMatchObject({
      status: 400,
      body: { code: 400, errorType: 'INVALID_REQUEST' },
    });
  });
});
