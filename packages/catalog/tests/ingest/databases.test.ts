import type { Database } from '@lockstep/core';
import { expect, it } from 'vitest';
import { ingest } from '#catalog/index.js';
import { runSql } from '../../../../tests/fixtures/client.ts';
import { atEnd } from '../../../../tests/fixtures/cleanup.ts';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import type { Engine } from '../../../../tests/fixtures/engines.ts';
import { startPrivateServer } from '../../../core/tests/database/postgres/private-server.ts';
import { migratedDatabase } from '../running-catalog.ts';
import { storedRows } from '../stored.ts';
import { makeSource, read, tablesIn } from './source.ts';

const none = { created: 0, changed: 0, unchanged: 0, restored: 0, deleted: 0 };

/** The names in a table of entities, and whether each is deleted. */
async function namesIn(catalog: Database, table: string): Promise<Record<string, boolean>> {
  const rows = await storedRows(catalog, table, ['fully_qualified_name', 'deleted']);
  return Object.fromEntries(rows.map((row) => [row['fully_qualified_name'], row['deleted'] === '1']));
}

const isPostgres = (engine: Engine): boolean => engine.family === 'postgres';
const isServer = (engine: Engine): boolean => engine.url !== undefined;

describeEachEngine(
  'an ingestion of several schemas',
  (engine) => {
    it('deletes a schema that has gone with its tables, and brings back what comes back', async () => {
      const catalog = await migratedDatabase(engine);
      const source = await makeSource(engine);
      await source.run('create schema "a.b"; create table "a.b".one (id int); create table "a.b".two (id int)');
      const { schemas } = await read(catalog, source);
      expect(schemas).toEqual({ ...none, created: 2 });
      const [, database = ''] = source.path.split('.');
      const schema = `source.${database}."a.b"`;
      const before = await tablesIn(catalog);

      await source.run('drop schema "a.b" cascade');
      const ended = new AbortController();
      let told = 0;
      const onProgress = (): void => {
        if (++told === 2) ended.abort();
      };
      // Broken off when the tables are deleted, and the schema is not.
      await expect(read(catalog, source, { onProgress, signal: ended.signal })).rejects.toThrow(/abort/);
      expect(await namesIn(catalog, 'database_schema_entity')).toEqual({ [source.path]: false, [schema]: false });
      expect((await tablesIn(catalog)).get(`${schema}.one`)).toMatchObject({ deleted: true });
      expect(await read(catalog, source)).toMatchObject({
        schemas: { ...none, unchanged: 1, deleted: 1 },
        tables: { ...none, unchanged: 4 },
      });
      expect(await namesIn(catalog, 'database_schema_entity')).toEqual({ [source.path]: false, [schema]: true });
      const fallen = await storedRows(catalog, 'entity_relationship', ['to_entity', 'deleted']);
      expect(fallen.filter(({ deleted }) => deleted === '1')).toHaveLength(2);

      await source.run('create schema "a.b"; create table "a.b".two (id int)');
      expect(await read(catalog, source)).toMatchObject({
        schemas: { ...none, unchanged: 1, restored: 1 },
        tables: { ...none, unchanged: 4, restored: 1 },
      });
      const after = await tablesIn(catalog);
      expect(after.get(`${schema}.two`)).toMatchObject({ id: before.get(`${schema}.two`)?.id, deleted: false });
      expect(after.get(`${schema}.one`)).toMatchObject({ deleted: true });
      const still = await storedRows(catalog, 'entity_relationship', ['to_entity', 'deleted']);
      expect(still.filter(({ deleted }) => deleted === '1')).toEqual([]);
    });
  },
  (engine) => isPostgres(engine) && isServer(engine),
);

describeEachEngine(
  'an ingestion of a whole Postgres server',
  (engine) => {
    it('reads every database that the user may connect to, and tells which it may not', async () => {
      const { port, folder } = await startPrivateServer(engine);
      const at = (database: string, user = 'postgres'): string =>
        `postgres://${user}@localhost:${port}/${encodeURIComponent(database)}?host=${encodeURIComponent(folder)}`;
      const run = (database: string, text: string): Promise<string> => runSql({ engine, url: at(database) }, text);
      await run('postgres', 'create role reader login');
      for (const name of ['shop', '"Odd db"', 'closed']) await run('postgres', `create database ${name}`);
      await run('shop', `create table shoe (id int); comment on database shop is 'Shoes'`);
      await run('Odd db', 'create table hat (id int)');
      await run('postgres', 'revoke connect on database closed from public');
      const catalog = await migratedDatabase(engine);
      const ingestAll = () => ingest(catalog, at('postgres', 'reader'), { service: 'source' });

      const first = await ingestAll();
      expect(first).toMatchObject({ databases: { ...none, created: 3 }, tables: { ...none, created: 2 } });
      expect(first.skipped).toEqual([{ database: 'closed', reason: 'the user may not connect to it' }]);
      expect(await namesIn(catalog, 'database_entity')).toEqual({
        'source.Odd db': false,
        'source.postgres': false,
        'source.shop': false,
      });

      await run('postgres', 'revoke connect on database shop from public; drop database "Odd db"');
      const second = await ingestAll();
      expect(second.skipped.map(({ database }) => database)).toEqual(['closed', 'shop']);
      expect(second).toMatchObject({ databases: { unchanged: 1, deleted: 1 }, tables: { ...none, deleted: 1 } });
      expect(await namesIn(catalog, 'database_entity')).toMatchObject({ 'source.Odd db': true, 'source.shop': false });

      const one = await ingest(catalog, at('postgres', 'reader'), { service: 'source', onlyDatabase: true });
      expect(one).toMatchObject({ databases: { ...none, unchanged: 1 }, skipped: [] });
    });
  },
  (engine) => isPostgres(engine) && isServer(engine),
);

describeEachEngine(
  'an ingestion of a whole MySQL or MariaDB server',
  (engine) => {
    it('reads every schema that the user sees', async () => {
      const catalog = await migratedDatabase(engine);
      const source = await makeSource(engine);
      const other = await makeSource(engine);
      const [name = '', otherName = ''] = [source, other].map(({ path }) => path.split('.')[2]);
      await source.run(`create user '${name}'@'%'; grant all on "${name}".* to '${name}'@'%'`);
      await source.run(`grant all on "${otherName}".* to '${name}'@'%'`);
      atEnd(async () => void (await source.run(`drop user '${name}'@'%'`)));
      const url = new URL(source.url);
      url.username = name;
      const ingestAll = (more = {}) => ingest(catalog, url.href, { service: 'source', ...more });

      const first = await ingestAll();
      expect(first).toMatchObject({ databases: { ...none, created: 1 }, tables: { ...none, created: 8 } });
      expect(await namesIn(catalog, 'database_schema_entity')).toEqual({ [source.path]: false, [other.path]: false });
      expect(await ingestAll({ onlyDatabase: true })).toMatchObject({ schemas: { ...none, unchanged: 1 } });
      await source.run(`drop database "${otherName}"`);
      const second = await ingestAll();
      expect(second).toMatchObject({ schemas: { ...none, unchanged: 1, deleted: 1 }, tables: { deleted: 4 } });
      expect(await namesIn(catalog, 'database_schema_entity')).toEqual({ [source.path]: false, [other.path]: true });
    });
  },
  (engine) => !isPostgres(engine),
);
