import * as fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { runningCatalog, textOf } from '../running-catalog.ts';
import type { TestCatalog } from '../running-catalog.ts';
import { makeShop, makeTable, tableRequest } from '../shop.ts';

/** Names that a case-insensitive, accent-blind or blank-padded comparison, or joining with dots, takes for one. */
const confusable = [
  'a',
  'A',
  'a ',
  'á',
  'a\u0301',
  'ａ',
  'ß',
  'ss',
  'i',
  'İ',
  'ı',
  'a.b',
  '"a.b"',
  '"a"."b"',
  'a/b',
  'a%2Fb',
  "a'b",
  'a\\b',
  'a\tb',
  'a?b#c',
  '..',
  '%',
  '\u{1F600}',
  '\u{10FFFF}',
  '\uFFFD',
  '\u200B',
  '\u0001',
];

describeEachEngine('names', (engine) => {
  let catalog: TestCatalog;
  beforeAll(async () => {
    catalog = await runningCatalog(engine);
    await makeShop(catalog, 'shop');
  });

  const byName = (name: unknown) => catalog.get(`/api/v1/tables/name/${encodeURIComponent(textOf(name))}`);

  it('that look alike are different entities', async () => {
    const ids: unknown[] = [];
    for (const name of confusable) {
      const { status, body } = await catalog.post('/api/v1/tables', tableRequest('shop.db.public', name));
      expect({ name, status }).toEqual({ name, status: 201 });
      expect(body['name']).toBe(name);
      ids.push(body['id']);
      expect((await byName(body['fullyQualifiedName'])).body['id']).toBe(body['id']);
    }
    expect(new Set(ids).size).toBe(confusable.length);
  });

  it('come back as they were given', async () => {
    const unit = fc.oneof(
      fc.constantFrom('.', '"', '%', '/', ' ', '\n'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    );
    const name = fc.string({ unit, minLength: 1, maxLength: 20 }).filter((text) => !/\0|\p{Surrogate}/u.test(text));
    await fc.assert(
      fc.asyncProperty(name, async (text) => {
        const table = await makeTable(catalog, 'shop.db.public', `n${text}`, { description: text });
        const found = await byName(table['fullyQualifiedName']);
        expect(found.body).toMatchObject({ id: table.id, name: `n${text}`, description: text });
      }),
      { numRuns: 25 },
    );
  });

  it('may be long at every level', async () => {
    const long = '"😀'.repeat(128);
    const service = await catalog.put('/api/v1/services/databaseServices', { name: long, serviceType: 'x' });
    const database = await catalog.put('/api/v1/databases', {
      name: long,
      service: service.body['fullyQualifiedName'],
    });
    const schema = await catalog.put('/api/v1/databaseSchemas', {
      name: long,
      database: database.body['fullyQualifiedName'],
    });
    const table = await makeTable(catalog, textOf(schema.body['fullyQualifiedName']), long);
    expect((await byName(table['fullyQualifiedName'])).body).toMatchObject({ id: table.id, name: long });
    const tooLong = await catalog.put('/api/v1/services/databaseServices', { name: `${long}x`, serviceType: 'x' });
    expect(tooLong).toMatchObject({ status: 400, body: { message: expect.stringContaining('256') } });
  });

  it.each([
    ['', 'an empty one'],
    ['a\0b', 'one with NUL'],
    ['a\uD800b', 'one with half of a surrogate pair'],
  ])('%j, %s, is refused', async (name) => {
    const answer = await catalog.put('/api/v1/tables', tableRequest('shop.db.public', name));
    expect(answer).toMatchObject({ status: 400, body: { errorType: 'INVALID_REQUEST' } });
  });

  it('that are no names of anything are not found', async () => {
    for (const path of ['%00', 'a..b', '%22', 'shop.db.public.nothing', '%F0%9F%98%80', 'x'.repeat(5000)]) {
      expect(await catalog.get(`/api/v1/tables/name/${path}`)).toMatchObject({ status: 404, body: { code: 404 } });
    }
    expect((await catalog.get('/api/v1/tables/%00')).status).toBe(404);
    const { id } = await makeTable(catalog, 'shop.db.public', 'blank');
    expect((await catalog.get(`/api/v1/tables/${id}%20`)).status).toBe(404);
    expect((await catalog.get('/api/v1/tables/name/%ff')).status).toBe(400);
  });
});
