import { sql } from '@lockstep/core';
import { beforeAll, expect, it } from 'vitest';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { catalogOn, listOf } from '../running-catalog.ts';
import { documentOf, oldCatalog, tableOf } from './release.ts';
import type { OldCatalog } from './release.ts';

const ann = { id: 'u1', type: 'user', name: 'ann', displayName: 'Ann "é😀\u{10FFFF}"' };
const bob = { id: 'u2', type: 'user' };
const gone = { id: 'u3', type: 'user', name: 'gone' };
const stranger = { id: 'nobody', type: 'user', name: 'stranger' };
const team = { id: 'team1', type: 'team', name: 'Sales' };

/** The keys of a document that name owners, and where they are afterwards: `[place, reference]`. */
const cases: readonly [string, object, readonly [number, object][], readonly [number, unknown, string][]][] = [
  ['none', {}, [], []],
  ['an empty list', { owners: [] }, [], []],
  ['null', { owners: null, owner: null }, [], []],
  [
    'several, in order',
    { owners: [bob, ann, gone] },
    [
      [1, bob],
      [2, ann],
      [3, gone],
    ],
    [],
  ],
  ['the older form', { owner: ann }, [[0, ann]], []],
  [
    'both forms',
    { owner: ann, owners: [bob] },
    [
      [0, ann],
      [1, bob],
    ],
    [],
  ],
  [
    'the same one in both forms',
    { owner: ann, owners: [ann, bob] },
    [
      [0, ann],
      [2, bob],
    ],
    [[1, ann, 'named before']],
  ],
  [
    'the same one with more facts',
    { owners: [bob, { ...bob, note: 1 }] },
    [[1, bob]],
    [[2, { ...bob, note: 1 }, 'named before']],
  ],
  [
    'strangers and teams',
    { owners: [stranger, ann, team] },
    [[2, ann]],
    [
      [1, stranger, 'no such user'],
      [3, team, 'no such user'],
    ],
  ],
  ['one in capitals', { owners: [{ id: 'U1', type: 'user' }] }, [], [[1, { id: 'U1', type: 'user' }, 'no such user']]],
  ['null between others', { owners: [null, ann] }, [[2, ann]], []],
  ['no list', { owners: ann }, [[1, ann]], []],
  [
    'references without an id',
    { owners: [{ name: 'x' }, { id: 5 }, 'text', { id: null }], owner: 7 },
    [],
    [
      [0, 7, 'no id'],
      [1, { name: 'x' }, 'no id'],
      [2, { id: 5 }, 'no id'],
      [3, 'text', 'no id'],
      [4, { id: null }, 'no id'],
    ],
  ],
  ['a text', { owners: 'ann' }, [], [[1, 'ann', 'no id']]],
  ['a list in a list', { owners: [[ann]] }, [], [[1, [ann], 'no id']]],
];

/** JSON text without its blanks: engines set them in their own ways. */
const compact = (text: string | null | undefined) => text?.replaceAll(' ', '');

describeEachEngine('release 1.2.0', (engine) => {
  let catalog: OldCatalog;
  beforeAll(async () => {
    catalog = await oldCatalog(engine);
    await catalog.insert('user_entity', documentOf('u1', 'ann'));
    await catalog.insert('user_entity', documentOf('u2', 'bob'));
    await catalog.insert('user_entity', documentOf('u3', 'gone', { deleted: true }));
    for (const [index, [, owners]] of cases.entries()) {
      await catalog.insert('table_entity', tableOf(`t${index}`, `t${index}`, owners));
    }
    for (const table of ['database_service_entity', 'database_entity', 'database_schema_entity', 'user_entity']) {
      const above = { service: { id: 's' }, database: { id: 'd' } };
      await catalog.insert(table, documentOf(`in_${table}`, 'owned', { ...above, owners: [ann] }));
    }
    const session = await catalog.database.session({ schemas: ['public'] });
    await session.transaction(async () => {
      // More rows than one batch has, the longest list in the second one.
      for (let number = 0; number < 1500; number += 1) {
        const id = `x${String(number).padStart(5, '0')}`;
        const owners = number === 1234 ? [ann, bob, gone] : number % 2 === 0 ? [ann] : [];
        const text = JSON.stringify(tableOf(id, id, { owners }));
        await session.run(sql`INSERT INTO table_entity (id, json) VALUES (${id}, ${text})`);
      }
    });
    await session.close();
    const numbers = '"numbers":[1.10,1e2,12345678901234567890,0.1000000000000000055]';
    const head = JSON.stringify(tableOf('n0', 'n0')).slice(0, -1);
    await catalog.insert('table_entity', `${head},"owners":[${JSON.stringify(ann)}],${numbers}}`);
    await catalog.insert('table_entity', `${head.replaceAll('"n0"', '"n1"')},${numbers}}`);
    await catalog.migrateTo('1.1.0');
    await catalog.migrateTo('1.2.0');
  }, 120_000);

  it.each(cases.map((found, index) => [found[0], index, found] as const))(
    'keeps owners: %s',
    async (_, index, [, , moved, unresolved]) => {
      const id = `t${index}`;
      const rows = await catalog.query(sql`SELECT from_id, from_entity, to_entity, json, sort_order, deleted
      FROM entity_relationship WHERE to_id = ${id} AND relation = 'owns' ORDER BY sort_order`);
      expect(rows.map((row) => [Number(row['sort_order']), JSON.parse(row['json'] ?? '')])).toEqual(moved);
      for (const row of rows) {
        expect(row).toMatchObject({ from_entity: 'user', to_entity: 'table', deleted: '0' });
        expect(row['from_id']).toBe(JSON.parse(row['json'] ?? '').id);
      }
      const kept = await catalog.query(sql`SELECT sort_order, json, reason, entity FROM unresolved_owner
      WHERE entity_id = ${id} ORDER BY sort_order`);
      expect(kept.map((row) => [Number(row['sort_order']), JSON.parse(row['json'] ?? ''), row['reason']])).toEqual(
        unresolved,
      );
      const [document] = await catalog.query(sql`SELECT json FROM table_entity WHERE id = ${id}`);
      expect(JSON.parse(document?.['json'] ?? '')).toEqual(tableOf(id, id));
    },
  );

  it('moves them for every kind of entity and in every batch', async () => {
    const rows = await catalog.query(sql`SELECT to_id, to_entity FROM entity_relationship
      WHERE from_id = 'u1' AND to_id LIKE 'in%' AND relation = 'owns' ORDER BY to_id`);
    expect(rows.map((row) => row['to_entity'])).toEqual(['database', 'databaseSchema', 'databaseService', 'user']);
    const [count] = await catalog.query(sql`SELECT count(*) AS number FROM entity_relationship WHERE to_id LIKE 'x%'`);
    expect(count?.['number']).toBe('752');
  });

  it('changes nothing else, numbers least of all', async () => {
    const [owned, unowned] = await catalog.query(
      sql`SELECT json FROM table_entity WHERE id IN ('n0', 'n1') ORDER BY id`,
    );
    expect(compact(owned?.['json'])).toBe(compact(unowned?.['json'])?.replaceAll('"n1"', '"n0"'));
  });

  it('shows them in the API as before', async () => {
    const server = await catalogOn(catalog.database);
    const { body } = await server.get('/api/v1/tables/t3?fields=owners');
    expect(listOf(body['owners'])).toMatchObject([
      { id: 'u2', name: 'bob', deleted: false },
      { id: 'u1', name: 'ann', deleted: false },
      { id: 'u3', name: 'gone', deleted: true },
    ]);
  });
});
