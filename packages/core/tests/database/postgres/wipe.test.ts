import { expect, it } from 'vitest';
import { raw } from '#core/database/sql.js';
import { contents } from '#core/shape/empty.js';
import { describeEachEngine } from '../../../../../tests/fixtures/engines.ts';
import { failure } from './servers.ts';
import { openEmpty, openZoo, runScript, zooSchemas } from './shapes.ts';

/** What the zoo has not, since Lockstep does not carry it. */
const rest = `
CREATE TYPE public.span AS RANGE (subtype = float8);
CREATE AGGREGATE public.total(integer) (SFUNC = int4pl, STYPE = integer);
CREATE OPERATOR public.=== (LEFTARG = integer, RIGHTARG = integer, PROCEDURE = int4eq);
CREATE OPERATOR CLASS public.numbers FOR TYPE integer USING btree AS OPERATOR 1 <;
CREATE STATISTICS public.both_columns ON a, b FROM public.keeper;
CREATE COLLATION public.plain_bytes FROM "C";
CREATE TEXT SEARCH DICTIONARY public.words (TEMPLATE = simple);
CREATE TEXT SEARCH CONFIGURATION public.search (COPY = simple);
CREATE CONVERSION public.from_latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE FOREIGN DATA WRAPPER wrapper;
CREATE SERVER remote FOREIGN DATA WRAPPER wrapper;
CREATE FOREIGN TABLE public.far (a integer) SERVER remote;
CREATE RULE doubly AS ON INSERT TO public.looped DO ALSO NOTHING;
CREATE CAST (public.size AS integer) WITH INOUT;
CREATE FUNCTION public.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER ddl ON ddl_command_start EXECUTE FUNCTION public.on_ddl();
CREATE PUBLICATION changes FOR TABLE public.keeper;
`;

describeEachEngine(
  'wipe',
  (engine) => {
    it('drops everything but schemas, extensions and the own tables', async () => {
      const { database, session } = await openZoo(engine);
      await runScript(database, session, rest);
      for (const statement of database.dialect.ownTables('public')) await session.execute(statement);
      const before = await session.describe(zooSchemas);
      expect(before.unsupported.map(({ kind, name }) => `${kind} ${name}`).toSorted()).toEqual([
        'aggregate public.total',
        expect.stringMatching(/^cast public\.size\.\d+$/),
        'collation public.plain_bytes',
        'conversion public.from_latin',
        'event trigger public.on_ddl.ddl',
        'foreign table public.far',
        'operator class public.numbers',
        'operator family public.numbers',
        'operator public.===',
        'publication of table public.keeper.changes',
        'range type public.span',
        'rule public.looped.doubly',
        'statistics public.both_columns',
        'text search configuration public.search',
        'text search dictionary public.words',
      ]);
      await session.wipe(zooSchemas);
      const after = await session.describe(zooSchemas);
      expect(contents(after)).toEqual([]);
      expect(after.tables).toEqual([]);
      const left = await session.query(
        raw(`SELECT relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname IN ('public', 'Zoo "two"') AND relkind IN ('r', 'v', 'm', 'S', 'p') ORDER BY 1`),
      );
      expect(left.map((row) => row['relname'])).toEqual([
        'flyway_schema_history',
        'lockstep_lease',
        'lockstep_state',
        'lockstep_step',
      ]);
      expect(after.objects.filter(({ kind }) => kind === 'schema').map(({ name }) => name)).toEqual([
        '"Zoo ""two"""',
        'public',
      ]);
      await session.wipe(zooSchemas);
    });

    it('refuses, before anything is dropped, when another schema depends on the product', async () => {
      const { database, session } = await openEmpty(engine);
      const script = `CREATE TABLE public.shop (id integer PRIMARY KEY); CREATE SCHEMA "Reports";
        CREATE VIEW "Reports".shops AS SELECT id FROM public.shop`;
      await runScript(database, session, script);
      const refused = await failure(session.wipe(['public']));
      expect(refused.code).toBe('TARGET_NOT_CLEAN');
      expect(refused.message).toContain('on "Reports".shops');
      expect((await session.describe(['public'])).tables.map(({ label }) => label)).toEqual(['public.shop']);
      await session.wipe(['public', 'Reports']);
      expect(contents(await session.describe(['public', 'Reports']))).toEqual([]);
    });
  },
  (engine) => engine.family === 'postgres',
);
