import { describe, expect, it } from 'vitest';
import type { Shape } from '#core/shape/shape.js';
import { openDatabase } from '#core/database/open.js';
import { raw } from '#core/database/sql.js';
import { diffShapes } from '#core/shape/diff.js';
import { fingerprint } from '#core/shape/fingerprint.js';
import { atEnd } from '../../../../../tests/fixtures/cleanup.ts';
import { describeEachServer } from './servers.ts';
import { makeShape, openEmpty, postgresEngines, runScript } from './shapes.ts';

function unsupported(shape: Shape): string[] {
  return shape.unsupported.map(({ kind, name }) => `${kind} ${name}`).toSorted();
}

function names(shape: Shape, kind: string): string[] {
  return shape.objects.filter((object) => object.kind === kind).map(({ name }) => name);
}

describe.each(postgresEngines)('on $name', (engine) => {
  it('leaves out the own tables with all that is theirs, and names them only where they stand', async () => {
    const { database, session } = await openEmpty(engine);
    await session.execute('CREATE TABLE public.shop (id integer PRIMARY KEY)');
    const before = await session.describe(['public']);
    for (const statement of database.dialect.ownTables('public')) await session.execute(statement);
    await runScript(
      database,
      session,
      `COMMENT ON TABLE public.lockstep_state IS 'x'; COMMENT ON COLUMN public.lockstep_state.phase IS 'x';
       GRANT SELECT ON public.lockstep_lease TO zoo_owner; GRANT SELECT (phase) ON public.lockstep_state TO zoo_owner;
       CREATE SEQUENCE public.counter OWNED BY public.lockstep_step.line`,
    );
    const after = await session.describe(['public']);
    expect(diffShapes(before, after)).toEqual([]);
    expect([after.before, after.after, after.unsupported]).toEqual([before.before, before.after, []]);
  });

  it('names different objects differently, whatever is in their names', async () => {
    const { database, session } = await openEmpty(engine);
    await runScript(
      database,
      session,
      `CREATE SCHEMA "a.b"; CREATE SCHEMA a; CREATE TABLE "a.b".c (x integer); CREATE TABLE a."b.c" (x integer);
       CREATE TABLE a."b" (c integer, "c""" integer, "c "integer); CREATE TABLE a."""b""" (c integer);
       CREATE TABLE a."\nnl" (c integer)`,
    );
    const shape = await session.describe(['a', 'a.b']);
    const all = shape.objects.map(({ kind, name }) => `${kind} ${name}`);
    expect(new Set(all).size).toBe(all.length);
    expect(new Set(shape.tables.map(({ label }) => label)).size).toBe(shape.tables.length);
    expect(names(shape, 'table').toSorted()).toContain('a."b.c"');
  });

  it('names what it cannot carry', async () => {
    const { database, session } = await openEmpty(engine);
    await runScript(
      database,
      session,
      `CREATE TYPE public.color AS ENUM ('red');
       CREATE TABLE public.hashed (c public.color) PARTITION BY HASH (c);
       CREATE TABLE public.ruled (a integer);
       CREATE RULE doubly AS ON DELETE TO public.ruled DO ALSO NOTHING;
       ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO zoo_owner;
       CREATE AGGREGATE public.total(integer) (SFUNC = int4pl, STYPE = integer);
       CREATE TYPE public.span AS RANGE (subtype = integer);
       CREATE TYPE public.unknown_base;
       CREATE SCHEMA elsewhere; CREATE AGGREGATE elsewhere.total(integer) (SFUNC = int4pl, STYPE = integer)`,
    );
    await session.query(raw(`SELECT pg_catalog.lo_create(0)`));
    const user = await session.query(raw('SELECT current_user AS name'));
    expect(unsupported(await session.describe(['public']))).toEqual([
      'aggregate public.total',
      'base type public.unknown_base',
      `default privileges public.${user[0]?.['name']}`,
      'hash partitioning by a type of its own public.hashed',
      'large objects 1',
      'range type public.span',
      'rule public.ruled.doubly',
    ]);
  });

  it('names a loop that no order of statements can make', async () => {
    const { database, session } = await openEmpty(engine);
    await runScript(
      database,
      session,
      `CREATE TABLE public.a (x integer);
       CREATE FUNCTION public.f(public.a) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
       ALTER TABLE public.a ADD COLUMN g integer GENERATED ALWAYS AS (public.f(NULL::public.a)) STORED`,
    );
    expect(unsupported(await session.describe(['public']))).toEqual([
      expect.stringMatching(/^loop of dependencies (table public\.a|function public\.f\(public\.a\))$/),
    ]);
  });

  it('flags an index that is not valid, and gives the statement that drops it', async () => {
    const { session } = await openEmpty(engine);
    await session.execute('CREATE TABLE public.shop (a integer)');
    await session.execute('INSERT INTO public.shop VALUES (1), (1)');
    await session.execute('CREATE UNIQUE INDEX CONCURRENTLY twice ON public.shop (a)').catch(() => undefined);
    const shape = await session.describe(['public']);
    const index = shape.objects.find(({ kind }) => kind === 'index');
    expect(index).toMatchObject({ name: 'public.twice', facts: { valid: false } });
    const statement = shape.after.find(({ name }) => name === 'public.twice');
    await session.execute(statement?.drop ?? '');
    expect(names(await session.describe(['public']), 'index')).toEqual([]);
  });

  it('tells apart two functions that a definition calls by the same name', async () => {
    const { database, session } = await openEmpty(engine);
    const call =
      'CREATE VIEW public.v AS SELECT public.f(a) FROM public.shop; ALTER TABLE public.shop ADD CHECK (public.f(a) > 0)';
    await runScript(
      database,
      session,
      `CREATE TABLE public.shop (a integer); CREATE FUNCTION public.f(bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 1'; ${call}`,
    );
    const before = await session.describe(['public']);
    const other = `CREATE FUNCTION public.f(integer) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 1'`;
    await runScript(
      database,
      session,
      `DROP VIEW public.v; ALTER TABLE public.shop DROP CONSTRAINT shop_a_check; ${other}; ${call}`,
    );
    const found = diffShapes(before, await session.describe(['public']));
    expect(found.filter(({ what }) => what === 'changed').map(({ kind, facts }) => [kind, facts[0]])).toEqual([
      ['check constraint', { fact: 'calls', expected: ['public.f(bigint)'], found: ['public.f(integer)'] }],
      ['view', expect.anything()],
    ]);
  });
});

describeEachServer('extensions', (engine) => {
  const script = `
    CREATE SCHEMA tools; CREATE EXTENSION hstore WITH SCHEMA tools; CREATE EXTENSION btree_gist; CREATE EXTENSION pg_trgm WITH SCHEMA tools;
    CREATE EXTENSION pgcrypto WITH SCHEMA tools; CREATE EXTENSION cube; CREATE EXTENSION earthdistance;
    CREATE TABLE public.shop (id integer, tags tools.hstore DEFAULT 'a=>1', name text, during tstzrange,
      CONSTRAINT apart EXCLUDE USING gist (id WITH =, during WITH &&), CHECK (tags OPERATOR(tools.?) 'a'), CHECK (tools.similarity(name, 'x') >= 0));
    CREATE INDEX ON public.shop USING gin (name tools.gin_trgm_ops);
    CREATE VIEW public.v AS SELECT tags OPERATOR(tools.->) 'a' AS a FROM public.shop WHERE name OPERATOR(tools.%) 'x'`;

  it("come by their names, without what they bring along; others are the operator's", async () => {
    const { database, session } = await openEmpty(engine);
    await runScript(database, session, script);
    const shape = await session.describe(['public']);
    expect(unsupported(shape)).toEqual([]);
    expect(names(shape, 'extension')).toEqual(['btree_gist', 'cube', 'earthdistance', 'hstore', 'pg_trgm']);
    expect(names(shape, 'function')).toEqual([]);
    const copy = await openEmpty(engine);
    await makeShape(copy.session, shape);
    const made = await copy.session.describe(['public']);
    expect(diffShapes(shape, made)).toEqual([]);
    await session.execute('DROP EXTENSION earthdistance');
    const without = await session.describe(['public']);
    expect(fingerprint(without)).not.toBe(fingerprint(shape));
    expect(diffShapes(shape, without)).toEqual([
      { kind: 'extension', name: 'earthdistance', what: 'missing', facts: [{ fact: 'schema', expected: 'public' }] },
    ]);
    await session.wipe(['public']);
    expect(names(await session.describe(['public']), 'extension')).toEqual(['btree_gist', 'cube']);
  });
});

describeEachServer('an ordinary user', (engine) => {
  it('sees the same shape as a superuser', async () => {
    const { url, database, session } = await openEmpty(engine);
    await runScript(
      database,
      session,
      `CREATE TABLE public.shop (id integer PRIMARY KEY, n integer DEFAULT 1 CHECK (n > 0));
       CREATE FUNCTION public.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'; CREATE VIEW public.v AS SELECT n FROM public.shop;
       CREATE POLICY p ON public.shop USING (n > 1); ALTER TABLE public.shop ENABLE ROW LEVEL SECURITY;
       REVOKE ALL ON SCHEMA public FROM PUBLIC; REVOKE ALL ON FUNCTION public.f() FROM PUBLIC`,
    );
    const name = `plain_${process.pid}`;
    await session.execute(`CREATE ROLE ${name} LOGIN`);
    atEnd(() => session.execute(`DROP ROLE ${name}`));
    const other = new URL(url);
    other.username = name;
    const plain = await openDatabase(other.href);
    atEnd(() => plain.close());
    const theirs = await (await plain.session({ purpose: 'test' })).describe(['public']);
    expect(diffShapes(await session.describe(['public']), theirs)).toEqual([]);
    expect(theirs.unsupported).toEqual([]);
  });
});
