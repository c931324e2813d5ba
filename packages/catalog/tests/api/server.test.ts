import { raw, sql } from '@lockstep/core';
import { beforeAll, expect, it } from 'vitest';
import type { Database } from '@lockstep/core';
import { startCatalog } from '#catalog/index.js';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { catalogOn, epochOf, fieldsOf, migratedDatabase } from '../running-catalog.ts';
import type { TestCatalog } from '../running-catalog.ts';
import { makeShop, makeTable, makeUser, tableRequest } from '../shop.ts';

describeEachEngine('the server', (engine) => {
  let database: Database;
  let catalog: TestCatalog;
  let leaseIsValid = true;
  beforeAll(async () => {
    database = await migratedDatabase(engine);
    catalog = await catalogOn(database, { lease: { isValid: () => leaseIsValid } });
  });

  async function setState(change: string): Promise<void> {
    const session = await database.session({ schemas: ['public'] });
    await session.run(sql`UPDATE lockstep_state SET ${raw(change)} WHERE id = 1`);
    await session.close();
  }

  it('listens on this machine only', () => {
    expect(catalog.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('keeps idle connections longer than proxies do', async () => {
    const response = await fetch(`${catalog.address}/healthz`);
    expect(response.headers.get('keep-alive')).toBe('timeout=72');
    await response.text();
  });

  it('reports the API that clients expect, and its own release', async () => {
    expect(await catalog.get('/api/v1/system/version')).toMatchObject({
      status: 200,
      body: { version: expect.stringMatching(/^1\.12\.\d+$/), product: { name: 'catalog', release: '1.2.0' } },
    });
  });

  it('is ready while lease and epoch stand', async () => {
    expect(await catalog.get('/readyz')).toEqual({ status: 200, body: { ready: true } });
    leaseIsValid = false;
    expect(await catalog.get('/readyz')).toMatchObject({ status: 503, body: { errorType: 'NOT_READY' } });
    leaseIsValid = true;
    await setState(`phase = 'restoring'`);
    expect(await catalog.get('/readyz')).toMatchObject({
      status: 503,
      body: { message: expect.stringContaining('restoring') },
    });
    await setState(`phase = 'ready'`);
    expect((await catalog.get('/readyz')).status).toBe(200);
  });

  it('writes nothing once the epoch has changed', async () => {
    const { id } = await makeUser(catalog, 'epoch');
    await makeShop(catalog, 'epoch');
    const table = await makeTable(catalog, 'epoch.db.public', 'a');
    await setState('epoch = epoch + 1');
    const edge = { fromEntity: { id, type: 'user' }, toEntity: { id: table.id, type: 'table' } };
    const refusals = [
      await catalog.post('/api/v1/users', { name: 'new', email: 'n@example.com' }),
      await catalog.put('/api/v1/tables', tableRequest('epoch.db.public', 'a', { description: 'x' })),
      await catalog.patch(`/api/v1/users/${id}`, [{ op: 'add', path: '/description', value: 'x' }]),
      await catalog.delete(`/api/v1/users/${id}`),
      await catalog.delete(`/api/v1/users/${id}?hardDelete=true`),
      await catalog.put('/api/v1/users/restore', { id }),
      await catalog.put('/api/v1/lineage', { edge }),
      await catalog.delete(`/api/v1/lineage/user/${id}/table/${table.id}`),
    ];
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ status: 503, body: { code: 503, errorType: 'EPOCH_CHANGED' } });
    }
    expect((await catalog.get('/readyz')).status).toBe(503);
    expect((await catalog.get('/healthz')).status).toBe(200);
    expect(await catalog.get(`/api/v1/users/${id}`)).toMatchObject({ status: 200, body: { version: 0.1 } });
    await setState('epoch = epoch - 1');
    expect((await catalog.patch(`/api/v1/users/${id}`, [{ op: 'add', path: '/description', value: 'x' }])).status).toBe(
      200,
    );
  });

  it.each([
    ['no JSON', '{"name":'],
    ['nothing', undefined],
    ['a list', []],
    ['a text', '"x"'],
    ['a poisoned prototype', '{"name":"x","email":"x","__proto__":{"a":1}}'],
    ['a name that is no text', { name: 5, email: 'x' }],
    ['no email', { name: 'x' }],
    [
      'more levels than every database takes',
      { name: 'x', email: 'x', deep: JSON.parse('[['.repeat(20) + ']]'.repeat(20)) },
    ],
    ['a number that no double holds', '{"name":"x","email":"x","n":1e999}'],
    ['NUL in a key', { name: 'x', email: 'x', 'a\0': 1 }],
    ['half of a surrogate pair in a list', { name: 'x', email: 'x', list: ['\uDC00'] }],
  ])('refuses a body with %s', async (_, body) => {
    expect(await catalog.post('/api/v1/users', body)).toMatchObject({
      status: 400,
      body: { code: 400, errorType: 'INVALID_REQUEST', message: expect.any(String) },
    });
  });

  it('stores what it does not know, and leaves nulls out', async () => {
    const odd = {
      'a.b"c': [null, { x: null, y: -0.5e-7 }, true],
      big: 9_007_199_254_740_991,
      text: '\u2028\\u0041\u{10FFFF}',
    };
    const { body } = await catalog.put('/api/v1/users', {
      name: 'odd',
      email: 'o@example.com',
      extension: odd,
      displayName: null,
    });
    expect(body).toMatchObject({ extension: { ...odd, 'a.b"c': [null, { y: -0.5e-7 }, true] } });
    expect(body).not.toHaveProperty('displayName');
    expect((await catalog.get('/api/v1/users/name/odd?fields=*')).body).toEqual(body);
  });

  it('takes bodies up to its limit, and changes of as much', async () => {
    for (const letter of ['"', '\\', 'é']) {
      const note = letter.repeat(2_000_000);
      const request = { name: 'large', email: 'l@example.com', note };
      const { status, body } = await catalog.put('/api/v1/users', request);
      expect(status).toBeLessThan(300);
      expect(body['note'] === note).toBe(true);
    }
    const { body } = await catalog.get('/api/v1/users/name/large');
    expect(body).toMatchObject({ version: 0.3, changeDescription: { fieldsUpdated: [{ name: 'note' }] } });
    expect(JSON.stringify(body['changeDescription']).length).toBeLessThan(1_000_000);
  });

  it('stores values as deep as it takes them, and what changed in them', async () => {
    const nest = (depth: number): unknown => (depth === 0 ? 'bottom' : [nest(depth - 1)]);
    const request = (depth: number) => ({ name: 'deep', email: 'd@example.com', deep: nest(depth) });
    for (const depth of [22, 23]) expect((await catalog.put('/api/v1/users', request(depth))).status).toBeLessThan(300);
    expect((await catalog.get('/api/v1/users/name/deep')).body).toMatchObject({ version: 0.2, deep: nest(23) });
    expect((await catalog.put('/api/v1/users', request(24))).status).toBe(400);
  });

  it('answers every wrong address in JSON', async () => {
    expect(await catalog.get('/api/v1/charts')).toMatchObject({ status: 404, body: { code: 404 } });
    expect(await catalog.get('/')).toMatchObject({ status: 404, body: { code: 404 } });
    expect(await catalog.put('/api/v1/users/restore', {})).toMatchObject({ status: 400, body: { code: 400 } });
    const large = await catalog.post('/api/v1/users', { name: 'x', email: 'x', text: 'x'.repeat(4_200_000) });
    expect(large).toMatchObject({ status: 413, body: { code: 413 } });
  });

  it('refuses a port that is taken', async () => {
    const { port } = new URL(catalog.address);
    await expect(catalogOn(database, { port: Number(port) })).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
  });

  it('closes when it has answered what it was asked, and takes no more', async () => {
    const server = await startCatalog({ database, epoch: await epochOf(database), port: 0 });
    const asked = Array.from({ length: 8 }, () => fetch(`${server.address}/api/v1/users/name/large`));
    await Promise.race(asked);
    const closed = server.close();
    // What was under way is answered to the end; what came too late is told so, or finds nobody there.
    const answers = await Promise.allSettled(asked.map(async (answer) => fieldsOf(await (await answer).json())));
    await closed;
    expect(answers.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(String(answer.reason)).toContain('fetch failed');
      else expect(answer.value['name'] === 'large' || answer.value['code'] === 503).toBe(true);
    }
    await expect(fetch(`${server.address}/healthz`)).rejects.toThrow('fetch failed');
  });
});
