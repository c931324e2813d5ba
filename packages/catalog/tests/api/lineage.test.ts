import { beforeAll, expect, it } from 'vitest';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { listOf, runningCatalog, textOf } from '../running-catalog.ts';
import type { TestCatalog } from '../running-catalog.ts';
import { makeShop, makeTable } from '../shop.ts';

describeEachEngine('lineage', (engine) => {
  let catalog: TestCatalog;
  const ids = new Map<string, string>();
  const id = (name: string) => ids.get(name) ?? '';
  beforeAll(async () => {
    catalog = await runningCatalog(engine);
    await makeShop(catalog, 'shop');
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      ids.set(name, (await makeTable(catalog, 'shop.db.public', name)).id);
    }
    for (const [from, to] of ['ab', 'bc', 'cd', 'de', 'ea', 'ac']) await connect(String(from), String(to));
  });

  function connect(from: string, to: string, more: object = {}) {
    const edge = { fromEntity: { id: id(from), type: 'table' }, toEntity: { id: id(to), type: 'table' }, ...more };
    return catalog.put('/api/v1/lineage', { edge });
  }

  const nameOf = (wanted: unknown) => [...ids].find(([, found]) => found === wanted)?.[0] ?? '?';
  const pairs = (edges: unknown) =>
    listOf(edges)
      .map(({ fromEntity, toEntity }) => nameOf(fromEntity) + nameOf(toEntity))
      .toSorted();

  it.each([
    ['', ['ac', 'bc'], ['cd'], ['a', 'b', 'd']],
    ['upstreamDepth=0&downstreamDepth=0', [], [], []],
    ['upstreamDepth=2&downstreamDepth=0', ['ab', 'ac', 'bc', 'ea'], [], ['a', 'b', 'e']],
    ['upstreamDepth=0&downstreamDepth=3', [], ['cd', 'de', 'ea'], ['a', 'd', 'e']],
  ])('of c with %j', async (query, upstream, downstream, nodes) => {
    const { status, body } = await catalog.get(`/api/v1/lineage/table/name/shop.db.public.c?${query}`);
    expect(status).toBe(200);
    expect(body['entity']).toMatchObject({ id: id('c'), type: 'table', fullyQualifiedName: 'shop.db.public.c' });
    expect(pairs(body['upstreamEdges'])).toEqual(upstream);
    expect(pairs(body['downstreamEdges'])).toEqual(downstream);
    expect(
      listOf(body['nodes'])
        .map(({ name }) => textOf(name))
        .toSorted(),
    ).toEqual(nodes);
    expect(await catalog.get(`/api/v1/lineage/table/${id('c')}?${query}`)).toEqual({ status, body });
  });

  it('keeps details, and the newest ones', async () => {
    const lineageDetails = {
      sqlQuery: "insert into b select 'é' from a",
      columnsLineage: [{ fromColumns: ['x'], toColumn: 'y' }],
    };
    await connect('a', 'b', { description: 'first' });
    const put = await connect('a', 'b', { description: 'copies', lineageDetails });
    const expected = { fromEntity: id('a'), toEntity: id('b'), description: 'copies', lineageDetails };
    expect(put).toEqual({ status: 200, body: expected });
    const { body } = await catalog.get(`/api/v1/lineage/table/${id('b')}?downstreamDepth=0`);
    expect(body['upstreamEdges']).toEqual([expected]);
  });

  it('connects different kinds, and is taken away', async () => {
    const { service } = await makeShop(catalog, 'other');
    const edge = { fromEntity: { id: service.id, type: 'databaseService' }, toEntity: { id: id('a'), type: 'table' } };
    expect((await catalog.put('/api/v1/lineage', { edge })).status).toBe(200);
    const path = `/api/v1/lineage/databaseService/${service.id}`;
    expect((await catalog.get(path)).body).toMatchObject({ nodes: [{ id: id('a'), type: 'table' }] });
    expect((await catalog.delete(`${path}/table/${id('a')}`)).status).toBe(200);
    expect((await catalog.get(path)).body).toMatchObject({ nodes: [], downstreamEdges: [] });
    expect((await catalog.delete(`${path}/table/${id('a')}`)).status).toBe(404);
  });

  it('refuses what it does not know', async () => {
    expect((await connect('a', 'a')).status).toBe(400);
    expect((await connect('a', 'nothing')).status).toBe(400);
    expect((await catalog.put('/api/v1/lineage', {})).status).toBe(400);
    const unknown = { id: '00000000-0000-0000-0000-000000000000', type: 'table' };
    const edge = { fromEntity: unknown, toEntity: { id: id('a'), type: 'table' } };
    expect((await catalog.put('/api/v1/lineage', { edge })).status).toBe(404);
    expect((await catalog.get(`/api/v1/lineage/chart/${id('a')}`)).status).toBe(400);
    expect((await catalog.get(`/api/v1/lineage/table/${id('a')}?upstreamDepth=4`)).status).toBe(400);
  });
});
