import type { ShapeKind } from '#core/shape/shape.js';

/** Every kind of object, small, so that each change of it can be described quickly. */
export const base = `
CREATE TYPE public.color AS ENUM ('red', 'green');
CREATE DOMAIN public.amount AS integer DEFAULT 1 CONSTRAINT positive CHECK (VALUE > 0);
CREATE TYPE public.pair AS (a integer, b text);
CREATE SEQUENCE public.counter;
CREATE FUNCTION public.half(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n / 2';
CREATE FUNCTION public.half(n bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT n / 2';
CREATE FUNCTION public.watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE PROCEDURE public.clean(days integer) LANGUAGE sql AS 'SELECT 1';
CREATE TABLE public.owner (id integer PRIMARY KEY, name text);
CREATE TABLE public.shop (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT shop_key PRIMARY KEY,
  name varchar(50) NOT NULL DEFAULT 'x',
  owner integer CONSTRAINT shop_owner REFERENCES public.owner,
  total integer CONSTRAINT total_positive CHECK (total > 0),
  doubled integer GENERATED ALWAYS AS (total * 2) STORED,
  color public.color,
  during int4range,
  CONSTRAINT shop_name UNIQUE (name),
  CONSTRAINT no_overlap EXCLUDE USING gist (during WITH &&)
);
CREATE INDEX shop_total ON public.shop (total);
CREATE INDEX shop_lower ON public.shop (lower(name)) WHERE total > 5;
CREATE TABLE public.parent (id integer);
CREATE TABLE public.child (own integer) INHERITS (public.parent);
CREATE TABLE public.visit (day date NOT NULL, n integer) PARTITION BY RANGE (day);
CREATE TABLE public.visit_1 PARTITION OF public.visit FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE public.visit_2 PARTITION OF public.visit FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE INDEX visit_n ON public.visit (n);
CREATE VIEW public.shops AS SELECT s.id, s.name, o.name AS owner FROM public.shop s JOIN public.owner o ON o.id = s.owner WHERE s.total > 1;
CREATE MATERIALIZED VIEW public.totals AS SELECT owner, sum(total) AS total FROM public.shop GROUP BY owner;
CREATE TRIGGER watched BEFORE UPDATE ON public.shop FOR EACH ROW EXECUTE FUNCTION public.watch();
CREATE POLICY mine ON public.shop FOR SELECT USING (owner = 1);
COMMENT ON TABLE public.shop IS 'shops';
COMMENT ON COLUMN public.shop.name IS 'its name';
`;

/** SQL, and the difference that has to be found among those that it makes. */
export interface Change {
  readonly sql: string;
  readonly kind: ShapeKind;
  readonly name: string;
  readonly what: 'missing' | 'extra' | 'changed';
  /** A fact that has to be named in the details. */
  readonly fact?: string;
}

const shop = 'ALTER TABLE public.shop';

function added(kind: ShapeKind, name: string, sql: string): Change {
  return { sql, kind, name, what: 'extra' };
}

function removed(kind: ShapeKind, name: string, sql: string): Change {
  return { sql, kind, name, what: 'missing' };
}

function changed(kind: ShapeKind, name: string, fact: string, sql: string): Change {
  return { sql, kind, name, what: 'changed', fact };
}

/** A constraint or an object replaced by one of the same name. */
function replaced(table: string, name: string, definition: string): string {
  return `ALTER TABLE ${table} DROP CONSTRAINT ${name}, ADD CONSTRAINT ${name} ${definition}`;
}

export const changes: readonly Change[] = [
  // Types
  changed('enum', 'public.color', 'labels', `ALTER TYPE public.color ADD VALUE 'blue'`),
  changed('enum', 'public.color', 'labels', `ALTER TYPE public.color ADD VALUE 'blue' BEFORE 'red'`),
  changed('enum', 'public.color', 'labels', `ALTER TYPE public.color RENAME VALUE 'red' TO 'Red'`),
  added('enum', 'public.other', `CREATE TYPE public.other AS ENUM ()`),
  changed('domain', 'public.amount', 'default', 'ALTER DOMAIN public.amount SET DEFAULT 2'),
  changed('domain', 'public.amount', 'default', 'ALTER DOMAIN public.amount DROP DEFAULT'),
  changed('domain', 'public.amount', 'notNull', 'ALTER DOMAIN public.amount SET NOT NULL'),
  added('domain', 'public.other', 'CREATE DOMAIN public.other AS text COLLATE "C"'),
  added('check constraint', 'public.amount.small', 'ALTER DOMAIN public.amount ADD CONSTRAINT small CHECK (VALUE < 9)'),
  removed('check constraint', 'public.amount.positive', 'ALTER DOMAIN public.amount DROP CONSTRAINT positive'),
  changed(
    'check constraint',
    'public.amount.positive',
    'definition',
    'ALTER DOMAIN public.amount DROP CONSTRAINT positive; ALTER DOMAIN public.amount ADD CONSTRAINT positive CHECK (VALUE > 1)',
  ),
  changed('composite type', 'public.pair', 'fields', 'ALTER TYPE public.pair ADD ATTRIBUTE c integer'),
  changed('composite type', 'public.pair', 'fields', 'ALTER TYPE public.pair ALTER ATTRIBUTE a TYPE bigint'),
  changed('composite type', 'public.pair', 'fields', 'ALTER TYPE public.pair RENAME ATTRIBUTE a TO z'),
  // The order of fields is the order in a value's text.
  changed(
    'composite type',
    'public.pair',
    'fields',
    'ALTER TYPE public.pair DROP ATTRIBUTE a, ADD ATTRIBUTE a integer',
  ),

  // Sequences
  changed('sequence', 'public.counter', 'increment', 'ALTER SEQUENCE public.counter INCREMENT 2'),
  changed('sequence', 'public.counter', 'start', 'ALTER SEQUENCE public.counter START 5'),
  changed('sequence', 'public.counter', 'minimum', 'ALTER SEQUENCE public.counter MINVALUE -5'),
  changed('sequence', 'public.counter', 'maximum', 'ALTER SEQUENCE public.counter MAXVALUE 50'),
  changed('sequence', 'public.counter', 'cache', 'ALTER SEQUENCE public.counter CACHE 50'),
  changed('sequence', 'public.counter', 'cycle', 'ALTER SEQUENCE public.counter CYCLE'),
  changed('sequence', 'public.counter', 'type', 'ALTER SEQUENCE public.counter AS smallint'),
  changed('sequence', 'public.counter', 'ownedBy', 'ALTER SEQUENCE public.counter OWNED BY public.shop.total'),
  removed('sequence', 'public.counter', 'DROP SEQUENCE public.counter'),

  // Tables
  added('table', 'public.other', 'CREATE TABLE public.other (id integer)'),
  removed('table', 'public.child', 'DROP TABLE public.child'),
  changed('table', 'public.shop', 'persistence', `${shop} DROP CONSTRAINT shop_owner; ${shop} SET UNLOGGED`),
  changed('table', 'public.shop', 'options', `${shop} SET (fillfactor = 50)`),
  changed('table', 'public.shop', 'options', `${shop} SET (toast.autovacuum_enabled = false)`),
  changed('table', 'public.shop', 'rowSecurity', `${shop} ENABLE ROW LEVEL SECURITY`),
  changed('table', 'public.shop', 'forceRowSecurity', `${shop} FORCE ROW LEVEL SECURITY`),
  changed('table', 'public.shop', 'replicaIdentity', `${shop} REPLICA IDENTITY FULL`),
  changed('table', 'public.child', 'inherits', 'ALTER TABLE public.child NO INHERIT public.parent'),
  changed(
    'table',
    'public.visit',
    'partitionBy',
    'DROP TABLE public.visit; CREATE TABLE public.visit (day date, n integer) PARTITION BY LIST (day)',
  ),
  changed('primary key', 'public.shop.shop_key', 'clustered', `${shop} CLUSTER ON shop_key`),

  // Columns
  added('column', 'public.shop.extra', `${shop} ADD COLUMN extra integer`),
  removed('column', 'public.shop.during', `${shop} DROP COLUMN during`),
  changed(
    'column',
    'public.shop.total',
    'type',
    `DROP VIEW public.shops; DROP MATERIALIZED VIEW public.totals; ${shop} DROP COLUMN doubled, ALTER COLUMN total TYPE bigint`,
  ),
  changed('column', 'public.shop.name', 'notNull', `${shop} ALTER COLUMN name DROP NOT NULL`),
  changed('column', 'public.shop.total', 'notNull', `${shop} ALTER COLUMN total SET NOT NULL`),
  changed('column', 'public.shop.name', 'default', `${shop} ALTER COLUMN name SET DEFAULT 'y'`),
  changed('column', 'public.shop.name', 'default', `${shop} ALTER COLUMN name SET DEFAULT lower('X')`),
  changed('column', 'public.shop.name', 'default', `${shop} ALTER COLUMN name DROP DEFAULT`),
  changed('column', 'public.shop.id', 'identity', `${shop} ALTER COLUMN id SET GENERATED BY DEFAULT`),
  changed('column', 'public.shop.id', 'identity', `${shop} ALTER COLUMN id DROP IDENTITY`),
  changed('column', 'public.shop.doubled', 'generated', `${shop} ALTER COLUMN doubled DROP EXPRESSION`),
  changed(
    'column',
    'public.shop.doubled',
    'expression',
    `${shop} DROP COLUMN doubled; ${shop} ADD COLUMN doubled integer GENERATED ALWAYS AS (total * 3) STORED`,
  ),
  changed(
    'column',
    'public.owner.name',
    'collation',
    'ALTER TABLE public.owner ADD COLUMN x text COLLATE "C"; ALTER TABLE public.owner DROP COLUMN name CASCADE; ALTER TABLE public.owner RENAME x TO name',
  ),
  changed('column', 'public.shop.name', 'storage', `${shop} ALTER COLUMN name SET STORAGE EXTERNAL`),
  changed('column', 'public.shop.name', 'compression', `${shop} ALTER COLUMN name SET COMPRESSION pglz`),
  changed('column', 'public.shop.name', 'statistics', `${shop} ALTER COLUMN name SET STATISTICS 77`),
  changed('column', 'public.shop.name', 'options', `${shop} ALTER COLUMN name SET (n_distinct = 5)`),
  changed('column', 'public.child.id', 'inherited', 'ALTER TABLE public.child NO INHERIT public.parent'),

  // Partitions
  added('partition', 'public.visit_3', 'CREATE TABLE public.visit_3 PARTITION OF public.visit DEFAULT'),
  removed('partition', 'public.visit_2', 'ALTER TABLE public.visit DETACH PARTITION public.visit_2'),
  changed(
    'partition',
    'public.visit_2',
    'bound',
    `ALTER TABLE public.visit DETACH PARTITION public.visit_2; ALTER TABLE public.visit ATTACH PARTITION public.visit_2 FOR VALUES FROM ('2025-01-01') TO ('2025-02-01')`,
  ),

  // Constraints
  removed('primary key', 'public.owner.owner_pkey', 'ALTER TABLE public.owner DROP CONSTRAINT owner_pkey CASCADE'),
  changed(
    'primary key',
    'public.shop.shop_key',
    'definition',
    replaced('public.shop', 'shop_key', 'PRIMARY KEY (id, name)'),
  ),
  changed(
    'primary key',
    'public.shop.shop_key',
    'options',
    replaced('public.shop', 'shop_key', 'PRIMARY KEY (id) WITH (fillfactor = 60)'),
  ),
  removed('unique constraint', 'public.shop.shop_name', `${shop} DROP CONSTRAINT shop_name`),
  changed(
    'unique constraint',
    'public.shop.shop_name',
    'definition',
    replaced('public.shop', 'shop_name', 'UNIQUE NULLS NOT DISTINCT (name)'),
  ),
  changed(
    'unique constraint',
    'public.shop.shop_name',
    'definition',
    replaced('public.shop', 'shop_name', 'UNIQUE (name) INCLUDE (total)'),
  ),
  changed(
    'unique constraint',
    'public.shop.shop_name',
    'definition',
    replaced('public.shop', 'shop_name', 'UNIQUE (name) DEFERRABLE'),
  ),
  changed(
    'unique constraint',
    'public.shop.shop_name',
    'definition',
    replaced('public.shop', 'shop_name', 'UNIQUE (name, total)'),
  ),
  changed(
    'unique constraint',
    'public.shop.shop_name',
    'replicaIdentity',
    `${shop} REPLICA IDENTITY USING INDEX shop_name`,
  ),
  removed('check constraint', 'public.shop.total_positive', `${shop} DROP CONSTRAINT total_positive`),
  changed(
    'check constraint',
    'public.shop.total_positive',
    'definition',
    replaced('public.shop', 'total_positive', 'CHECK (total >= 0)'),
  ),
  changed(
    'check constraint',
    'public.shop.total_positive',
    'definition',
    replaced('public.shop', 'total_positive', 'CHECK (total > 0) NOT VALID'),
  ),
  changed(
    'check constraint',
    'public.shop.total_positive',
    'definition',
    replaced('public.shop', 'total_positive', 'CHECK (total > 0) NO INHERIT'),
  ),
  removed('exclusion constraint', 'public.shop.no_overlap', `${shop} DROP CONSTRAINT no_overlap`),
  changed(
    'exclusion constraint',
    'public.shop.no_overlap',
    'definition',
    replaced('public.shop', 'no_overlap', 'EXCLUDE USING gist (during WITH &&) WHERE (total > 1)'),
  ),
  removed('foreign key', 'public.shop.shop_owner', `${shop} DROP CONSTRAINT shop_owner`),
  changed(
    'foreign key',
    'public.shop.shop_owner',
    'definition',
    replaced('public.shop', 'shop_owner', 'FOREIGN KEY (owner) REFERENCES public.owner ON DELETE CASCADE'),
  ),
  changed(
    'foreign key',
    'public.shop.shop_owner',
    'definition',
    replaced('public.shop', 'shop_owner', 'FOREIGN KEY (total) REFERENCES public.owner'),
  ),
  changed(
    'foreign key',
    'public.shop.shop_owner',
    'definition',
    replaced('public.shop', 'shop_owner', 'FOREIGN KEY (owner) REFERENCES public.owner NOT VALID'),
  ),
  changed(
    'foreign key',
    'public.shop.shop_owner',
    'definition',
    `${shop} ALTER CONSTRAINT shop_owner DEFERRABLE INITIALLY DEFERRED`,
  ),

  // Indexes
  added('index', 'public.shop_color', 'CREATE INDEX shop_color ON public.shop (color)'),
  removed('index', 'public.shop_total', 'DROP INDEX public.shop_total'),
  changed(
    'index',
    'public.shop_total',
    'definition',
    'DROP INDEX public.shop_total; CREATE UNIQUE INDEX shop_total ON public.shop (total)',
  ),
  changed(
    'index',
    'public.shop_total',
    'definition',
    'DROP INDEX public.shop_total; CREATE INDEX shop_total ON public.shop (total DESC)',
  ),
  changed(
    'index',
    'public.shop_total',
    'definition',
    'DROP INDEX public.shop_total; CREATE INDEX shop_total ON public.shop USING hash (total)',
  ),
  changed(
    'index',
    'public.shop_total',
    'definition',
    'DROP INDEX public.shop_total; CREATE INDEX shop_total ON public.shop (total) INCLUDE (name)',
  ),
  changed('index', 'public.shop_total', 'options', 'ALTER INDEX public.shop_total SET (fillfactor = 50)'),
  changed(
    'index',
    'public.shop_total',
    'valid',
    `UPDATE pg_catalog.pg_index SET indisvalid = false WHERE indexrelid = 'public.shop_total'::regclass`,
  ),
  changed(
    'index',
    'public.shop_lower',
    'definition',
    'DROP INDEX public.shop_lower; CREATE INDEX shop_lower ON public.shop (upper(name)) WHERE total > 5',
  ),
  changed(
    'index',
    'public.shop_lower',
    'definition',
    'DROP INDEX public.shop_lower; CREATE INDEX shop_lower ON public.shop (lower(name)) WHERE total > 6',
  ),
  changed(
    'index',
    'public.shop_lower',
    'definition',
    'DROP INDEX public.shop_lower; CREATE INDEX shop_lower ON public.shop (lower(name) COLLATE "C") WHERE total > 5',
  ),
  changed(
    'index',
    'public.shop_lower',
    'definition',
    'DROP INDEX public.shop_lower; CREATE INDEX shop_lower ON public.shop (lower(name) text_pattern_ops) WHERE total > 5',
  ),
  changed('index', 'public.shop_lower', 'statistics', 'ALTER INDEX public.shop_lower ALTER COLUMN 1 SET STATISTICS 9'),
  removed('index', 'public.visit_1_n_idx', 'DROP INDEX public.visit_n'),

  // Views
  changed(
    'view',
    'public.shops',
    'query',
    'CREATE OR REPLACE VIEW public.shops AS SELECT s.id, s.name, o.name AS owner FROM public.shop s JOIN public.owner o ON o.id = s.owner WHERE s.total > 2',
  ),
  changed(
    'view',
    'public.shops',
    'query',
    'CREATE OR REPLACE VIEW public.shops AS SELECT s.id, s.name, o.name AS owner FROM public.shop s LEFT JOIN public.owner o ON o.id = s.owner WHERE s.total > 1',
  ),
  changed(
    'view',
    'public.shops',
    'query',
    'CREATE OR REPLACE VIEW public.shops AS SELECT s.id, s.name, o.name AS owner FROM public.shop s JOIN public.owner o ON o.id = s.total WHERE s.total > 1',
  ),
  changed('view', 'public.shops', 'options', 'ALTER VIEW public.shops SET (security_barrier = true)'),
  changed('view', 'public.shops', 'columns', 'ALTER VIEW public.shops RENAME COLUMN owner TO boss'),
  changed('view', 'public.shops', 'columns', `ALTER VIEW public.shops ALTER COLUMN name SET DEFAULT 'z'`),
  removed('view', 'public.shops', 'DROP VIEW public.shops'),
  removed('materialized view', 'public.totals', 'DROP MATERIALIZED VIEW public.totals'),
  changed(
    'materialized view',
    'public.totals',
    'query',
    'DROP MATERIALIZED VIEW public.totals; CREATE MATERIALIZED VIEW public.totals AS SELECT owner, max(total)::bigint AS total FROM public.shop GROUP BY owner',
  ),
  changed(
    'materialized view',
    'public.totals',
    'options',
    'ALTER MATERIALIZED VIEW public.totals SET (fillfactor = 50)',
  ),

  // Routines
  removed('function', 'public.half(bigint)', 'DROP FUNCTION public.half(bigint)'),
  changed(
    'function',
    'public.half(integer)',
    'as',
    `CREATE OR REPLACE FUNCTION public.half(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n /  2'`,
  ),
  changed('function', 'public.half(integer)', 'volatility', 'ALTER FUNCTION public.half(integer) STABLE'),
  changed('function', 'public.half(integer)', 'strict', 'ALTER FUNCTION public.half(integer) STRICT'),
  changed('function', 'public.half(integer)', 'security', 'ALTER FUNCTION public.half(integer) SECURITY DEFINER'),
  changed('function', 'public.half(integer)', 'parallel', 'ALTER FUNCTION public.half(integer) PARALLEL SAFE'),
  changed('function', 'public.half(integer)', 'leakproof', 'ALTER FUNCTION public.half(integer) LEAKPROOF'),
  changed('function', 'public.half(integer)', 'cost', 'ALTER FUNCTION public.half(integer) COST 7'),
  changed('function', 'public.half(integer)', 'set', `ALTER FUNCTION public.half(integer) SET search_path = ''`),
  changed(
    'function',
    'public.half(integer)',
    'language',
    `CREATE OR REPLACE FUNCTION public.half(n integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN n / 2; END'`,
  ),
  changed(
    'function',
    'public.half(integer)',
    'parameters',
    `CREATE OR REPLACE FUNCTION public.half(n integer DEFAULT 4) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n / 2'`,
  ),
  changed(
    'function',
    'public.half(integer)',
    'returns',
    `DROP FUNCTION public.half(integer); CREATE FUNCTION public.half(n integer) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT n / 2'`,
  ),
  changed(
    'function',
    'public.half(integer)',
    'body',
    `CREATE OR REPLACE FUNCTION public.half(n integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN n / 2`,
  ),
  changed(
    'procedure',
    'public.clean(integer)',
    'as',
    `CREATE OR REPLACE PROCEDURE public.clean(days integer) LANGUAGE sql AS 'SELECT 2'`,
  ),
  removed('procedure', 'public.clean(integer)', 'DROP PROCEDURE public.clean'),

  // Triggers and policies
  removed('trigger', 'public.shop.watched', 'DROP TRIGGER watched ON public.shop'),
  changed('trigger', 'public.shop.watched', 'state', `${shop} DISABLE TRIGGER watched`),
  changed('trigger', 'public.shop.watched', 'state', `${shop} ENABLE ALWAYS TRIGGER watched`),
  changed(
    'trigger',
    'public.shop.watched',
    'definition',
    'CREATE OR REPLACE TRIGGER watched AFTER UPDATE ON public.shop FOR EACH ROW EXECUTE FUNCTION public.watch()',
  ),
  changed(
    'trigger',
    'public.shop.watched',
    'definition',
    'CREATE OR REPLACE TRIGGER watched BEFORE UPDATE OF name ON public.shop FOR EACH ROW EXECUTE FUNCTION public.watch()',
  ),
  changed(
    'trigger',
    'public.shop.watched',
    'definition',
    'CREATE OR REPLACE TRIGGER watched BEFORE UPDATE ON public.shop FOR EACH ROW WHEN (NEW.total > 1) EXECUTE FUNCTION public.watch()',
  ),
  changed(
    'trigger',
    'public.shop.watched',
    'definition',
    `CREATE OR REPLACE TRIGGER watched BEFORE UPDATE ON public.shop FOR EACH ROW EXECUTE FUNCTION public.watch('x')`,
  ),
  removed('policy', 'public.shop.mine', 'DROP POLICY mine ON public.shop'),
  changed('policy', 'public.shop.mine', 'using', 'ALTER POLICY mine ON public.shop USING (owner = 2)'),
  changed('policy', 'public.shop.mine', 'roles', 'ALTER POLICY mine ON public.shop TO zoo_owner'),
  changed(
    'policy',
    'public.shop.mine',
    'command',
    'DROP POLICY mine ON public.shop; CREATE POLICY mine ON public.shop FOR DELETE USING (owner = 1)',
  ),
  changed(
    'policy',
    'public.shop.mine',
    'permissive',
    'DROP POLICY mine ON public.shop; CREATE POLICY mine ON public.shop AS RESTRICTIVE FOR SELECT USING (owner = 1)',
  ),
  changed(
    'policy',
    'public.shop.mine',
    'check',
    'DROP POLICY mine ON public.shop; CREATE POLICY mine ON public.shop USING (owner = 1) WITH CHECK (owner = 2)',
  ),

  // Comments, schemas
  changed('comment', 'table public.shop', 'comment', `COMMENT ON TABLE public.shop IS 'Shops'`),
  removed('comment', 'column public.shop.name', 'COMMENT ON COLUMN public.shop.name IS NULL'),
  added('comment', 'function public.half(integer)', `COMMENT ON FUNCTION public.half(integer) IS 'half'`),
  added('schema', 'more', 'CREATE SCHEMA more'),
  removed('schema', 'public', 'ALTER SCHEMA public RENAME TO elsewhere'),
];

/** What is described and compared, but belongs to the server: the fingerprint does not see it. */
export const changesOfRoles: readonly Change[] = [
  changed('owner', 'table public.owner', 'owner', 'ALTER TABLE public.owner OWNER TO zoo_owner'),
  changed(
    'owner',
    'function public.half(integer)',
    'owner',
    'GRANT CREATE ON SCHEMA public TO zoo_owner; ALTER FUNCTION public.half(integer) OWNER TO zoo_owner',
  ),
  added('grant', 'table public.shop to zoo_owner', 'GRANT SELECT ON public.shop TO zoo_owner'),
  added('grant', 'table public.shop to PUBLIC', 'GRANT SELECT ON public.shop TO PUBLIC'),
  added('grant', 'column public.shop.name to zoo_owner', 'GRANT UPDATE (name) ON public.shop TO zoo_owner'),
  added(
    'grant',
    'function public.half(integer) to PUBLIC',
    'REVOKE EXECUTE ON FUNCTION public.half(integer) FROM PUBLIC',
  ),
  added('grant', 'schema public to zoo_owner', 'GRANT CREATE ON SCHEMA public TO zoo_owner'),
  added(
    'grant',
    'sequence public.counter to zoo_owner',
    'GRANT USAGE ON SEQUENCE public.counter TO zoo_owner WITH GRANT OPTION',
  ),
  added('grant', 'enum public.color to PUBLIC', 'REVOKE USAGE ON TYPE public.color FROM PUBLIC'),
];
