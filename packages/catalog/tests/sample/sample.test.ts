import { digestDatabase, identifier, loadProduct, sql } from '@lockstep/core';
import type { Database } from '@lockstep/core';
import { beforeAll, expect, it } from 'vitest';
import { catalogProduct, sample } from '#catalog/index.js';
import { Model } from '#catalog/sample/model.js';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { oldCatalog } from '../releases/release.ts';
import { catalogOn, migratedDatabase } from '../running-catalog.ts';
import { inSession, storedDocuments, storedRows } from '../stored.ts';
import { madeRows } from './made-rows.ts';

const tables = 60;
const seed = 'one';
const model = new Model(seed, tables);
const ofTables = Array.from({ length: tables }, (_, index) => model.table(index));

async function contentRoot(database: Database): Promise<string> {
  return (await digestDatabase(database, await loadProduct(catalogProduct))).contentRoot;
}

describeEachEngine('a sample', (engine) => {
  let database: Database;
  let before: string;
  const done: number[] = [];

  beforeAll(async () => {
    database = await migratedDatabase(engine);
    const result = await sample(database, {
      tables,
      seed,
      onProgress: (progress) => {
        if (progress.kind === 'count') done.push(progress.done);
      },
    });
    expect(result).toMatchObject({ release: '1.2.0', seed, tables, users: 24, services: 2 });
    before = await contentRoot(database);
  });

  it('holds every row that was made, and every table with its name', async () => {
    const made = ofTables.map(({ id, name, deleted }) => ({ id, name, deleted: deleted ? '1' : '0' }));
    const stored = await storedRows(database, 'table_entity', ['id', 'name', 'deleted']);
    expect(stored).toEqual(made.toSorted((one, other) => (one.id < other.id ? -1 : 1)));
    for (const [table, rows] of madeRows('1.2.0', tables, seed)) {
      const count = sql`SELECT count(*) AS number FROM ${identifier(table)}`;
      const [row] = await inSession(database, (session) => session.query(count));
      expect([table, row?.['number']]).toEqual([table, String(rows.length)]);
    }
    expect(done.at(-1)).toBe(tables);
  });

  it('has equal digests for an equal seed', async () => {
    const same = await migratedDatabase(engine);
    await sample(same, { tables, seed });
    expect(await contentRoot(same)).toBe(before);
  });

  it.each([
    ['1.0.0', ['contains', 'owns']],
    ['1.1.0', ['contains', 'owns', 'upstream']],
  ])('made at %s and migrated is the one made at 1.2.0', async (release, relations) => {
    const old = await oldCatalog(engine);
    await old.migrateTo(release);
    expect(await sample(old.database, { tables, seed })).toMatchObject({ release, tables });
    await old.migrateTo('1.2.0');
    for (const [table, columns] of sameInAll) {
      const migrated = await storedDocuments(old.database, table, columns);
      expect(migrated.length).toBeGreaterThan(0);
      expect(migrated).toEqual(await storedDocuments(database, table, columns));
    }
    for (const relation of relations) {
      const migrated = await relationships(old.database, relation);
      expect(migrated.length).toBeGreaterThan(40);
      expect(migrated).toEqual(await relationships(database, relation));
    }
  });

  it('is served: tables answer by their names', async () => {
    const catalog = await catalogOn(database);
    for (const { id, fullyQualifiedName, deleted } of ofTables.slice(0, 30)) {
      const path = `/api/v1/tables/name/${encodeURIComponent(fullyQualifiedName)}?include=all&fields=owners,tags`;
      const { status, body } = await catalog.get(path);
      expect([status, body['id'], body['deleted']]).toEqual([200, id, deleted]);
    }
  });

  it('is refused where there are entities, and then nothing is written', async () => {
    await expect(sample(database, { tables: 10 })).rejects.toMatchObject({ code: 'SAMPLE_NOT_EMPTY', exit: 3 });
    expect(await contentRoot(database)).toBe(before);
  });
});

const document = ['id', 'json', 'fqn_hash'];

/** What a release has or gets from its migrations, whatever the sample was made at. */
const sameInAll: readonly [table: string, columns: readonly string[]][] = [
  ['database_service_entity', document],
  ['database_entity', document],
  ['database_schema_entity', document],
  ['table_entity', document],
  ['user_entity', document],
  ['entity_version', ['id', 'version', 'entity', 'json']],
  ['unresolved_owner', ['entity_id', 'sort_order', 'entity', 'json', 'reason']],
];

/** Tags are new in 1.2.0, so what contains them is left out. */
async function relationships(database: Database, relation: string): Promise<object[]> {
  const columns = ['from_id', 'to_id', 'from_entity', 'to_entity', 'relation', 'json', 'deleted', 'sort_order'];
  const rows = await storedDocuments(database, 'entity_relationship', columns);
  return rows.filter((row) => {
    const { relation: own, from_entity: from } = { relation: '', from_entity: '', ...row };
    return own === relation && from !== 'classification';
  });
}
