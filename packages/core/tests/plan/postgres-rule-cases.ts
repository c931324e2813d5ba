/** The tables that the cases are about; they have been there before. */
export const setup = `CREATE TABLE parent (id bigint PRIMARY KEY);
  CREATE TABLE t (id bigint PRIMARY KEY, a int, n int, name varchar(20), at timestamptz, CHECK (n IS NOT NULL));
  CREATE INDEX t_name ON t (name); CREATE VIEW v AS SELECT id FROM t; CREATE MATERIALIZED VIEW mv AS SELECT id FROM t;
  CREATE TABLE part (id int) PARTITION BY RANGE (id); CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (9);
  CREATE TABLE loose (id int); CREATE TABLE proven (id int, CHECK (id > 9)); CREATE DOMAIN label AS text;`;

interface Case {
  readonly wrong: readonly string[];
  readonly right: readonly string[];
}

/** For each rule, scripts that break it and scripts that come close to it but do not. */
export const cases: Readonly<Record<string, Case>> = {
  'adding-field-with-default': {
    wrong: [
      'ALTER TABLE t ADD COLUMN b uuid DEFAULT gen_random_uuid()',
      'ALTER TABLE t ADD COLUMN b int DEFAULT my_own()',
      'ALTER TABLE t ADD COLUMN b int GENERATED ALWAYS AS (a + 1) STORED',
    ],
    right: [
      'ALTER TABLE t ADD COLUMN b timestamptz DEFAULT now()',
      "ALTER TABLE t ADD COLUMN b text DEFAULT 'x' NOT NULL",
      'ALTER TABLE t ADD COLUMN b int GENERATED ALWAYS AS (a + 1) VIRTUAL',
      'ALTER TABLE t ALTER a SET DEFAULT random()',
    ],
  },
  'adding-serial-primary-key-field': {
    wrong: [
      'ALTER TABLE t ADD COLUMN b bigserial',
      'ALTER TABLE t ADD COLUMN b bigint GENERATED ALWAYS AS IDENTITY',
      'ALTER TABLE loose ADD PRIMARY KEY (id)',
    ],
    right: [
      'ALTER TABLE loose ADD CONSTRAINT k PRIMARY KEY USING INDEX i',
      'CREATE TABLE u (id bigserial PRIMARY KEY)',
    ],
  },
  'adding-foreign-key-constraint': {
    wrong: ['ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES parent (id)'],
    right: [
      'ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES parent (id) NOT VALID',
      'ALTER TABLE t ADD COLUMN b bigint REFERENCES parent (id)',
    ],
  },
  'adding-not-nullable-field': {
    wrong: ['ALTER TABLE t ALTER a SET NOT NULL'],
    right: ['ALTER TABLE t ALTER n SET NOT NULL', 'ALTER TABLE t ALTER id SET NOT NULL'],
  },
  'constraint-missing-not-valid': {
    wrong: ['ALTER TABLE t ADD CHECK (a > 0)', 'ALTER TABLE t ADD COLUMN b int CHECK (b > 0)'],
    right: ['ALTER TABLE t ADD CHECK (a > 0) NOT VALID', 'CREATE TABLE u (id int CHECK (id > 0))'],
  },
  'validating-in-same-transaction': {
    wrong: ['ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c'],
    right: ['ALTER TABLE t VALIDATE CONSTRAINT c'],
  },
  'changing-column-type': {
    wrong: ['ALTER TABLE t ALTER a TYPE bigint', 'ALTER TABLE t ALTER name TYPE varchar(10)'],
    right: ['ALTER TABLE t ALTER name TYPE varchar(30)', 'ALTER TABLE t ALTER name TYPE text'],
  },
  'disallowed-unique-constraint': {
    wrong: ['ALTER TABLE t ADD UNIQUE (a)', 'ALTER TABLE t ADD COLUMN b int UNIQUE'],
    right: ['ALTER TABLE t ADD CONSTRAINT k UNIQUE USING INDEX i', 'CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)'],
  },
  'adding-exclusion-constraint': {
    wrong: ['ALTER TABLE t ADD EXCLUDE USING btree (a WITH =)'],
    right: ['ALTER TABLE t ADD CHECK (a > 0)'],
  },
  'require-concurrent-index-creation': {
    wrong: ['CREATE INDEX ON t (a)', 'CREATE UNIQUE INDEX i ON t (a)'],
    right: ['CREATE INDEX CONCURRENTLY i ON t (a)'],
  },
  'require-concurrent-index-deletion': {
    wrong: ['DROP INDEX t_name'],
    right: ['DROP INDEX CONCURRENTLY t_name', 'CREATE TABLE u (a int); CREATE INDEX i ON u (a); DROP INDEX i'],
  },
  'require-concurrent-reindex': {
    wrong: ['REINDEX TABLE t', 'REINDEX INDEX t_name'],
    right: ['REINDEX INDEX CONCURRENTLY t_name'],
  },
  'require-concurrent-partition-detach': {
    wrong: ['ALTER TABLE part DETACH PARTITION part_1'],
    right: ['ALTER TABLE part DETACH PARTITION part_1 CONCURRENTLY'],
  },
  'attaching-partition-with-scan': {
    wrong: ['ALTER TABLE part ATTACH PARTITION loose FOR VALUES FROM (10) TO (20)'],
    right: ['ALTER TABLE part ATTACH PARTITION proven FOR VALUES FROM (10) TO (20)'],
  },
  'require-concurrent-refresh': {
    wrong: ['REFRESH MATERIALIZED VIEW mv'],
    right: ['REFRESH MATERIALIZED VIEW CONCURRENTLY mv'],
  },
  'prefer-repack': { wrong: ['VACUUM FULL t', 'CLUSTER t USING t_name'], right: ['VACUUM t', 'ANALYZE t'] },
  'rewriting-table': {
    wrong: ['ALTER TABLE t SET UNLOGGED', 'ALTER TABLE t SET TABLESPACE fast'],
    right: ['ALTER TABLE t SET (fillfactor = 50)', 'ALTER TABLE t ALTER a TYPE bigint'],
  },
  'changing-all-rows': {
    wrong: ["UPDATE t SET name = ''", 'DELETE FROM t'],
    right: ["UPDATE t SET name = '' WHERE id < 100", 'INSERT INTO t (id) VALUES (1)'],
  },
  'ban-create-domain-with-constraint': {
    wrong: ['CREATE DOMAIN d AS int CHECK (VALUE > 0)'],
    right: ['CREATE DOMAIN d AS int'],
  },
  'ban-alter-domain-with-add-constraint': {
    wrong: ['ALTER DOMAIN label ADD CHECK (length(VALUE) < 9)', 'ALTER DOMAIN label SET NOT NULL'],
    right: ['ALTER DOMAIN label ADD CHECK (length(VALUE) < 9) NOT VALID', 'ALTER DOMAIN label DROP NOT NULL'],
  },
  'ban-concurrent-index-creation-in-transaction': {
    wrong: [
      'ALTER TABLE t ADD COLUMN b int; CREATE INDEX CONCURRENTLY i ON t (b)',
      'SELECT 1; DROP INDEX CONCURRENTLY t_name',
    ],
    right: [
      'CREATE INDEX CONCURRENTLY i ON t (a)',
      'CREATE INDEX CONCURRENTLY i ON t (a); CREATE INDEX CONCURRENTLY j ON t (n)',
    ],
  },
  'adding-required-field': {
    wrong: ['ALTER TABLE t ADD COLUMN b int NOT NULL'],
    right: [
      'ALTER TABLE t ADD COLUMN b int NOT NULL DEFAULT 0',
      'ALTER TABLE t ADD COLUMN b int',
      'ALTER TABLE t ADD COLUMN b bigserial',
    ],
  },
  'renaming-column': { wrong: ['ALTER TABLE t RENAME a TO b'], right: ['ALTER TABLE t RENAME CONSTRAINT a TO b'] },
  'renaming-table': { wrong: ['ALTER TABLE t RENAME TO u'], right: ['ALTER INDEX t_name RENAME TO i'] },
  'renaming-object': {
    wrong: ['ALTER VIEW v RENAME TO w', 'ALTER FUNCTION f() RENAME TO g'],
    right: ['ALTER TABLE t RENAME TO u'],
  },
  'ban-set-schema': { wrong: ['ALTER TABLE t SET SCHEMA other'], right: ['ALTER TABLE t SET (fillfactor = 9)'] },
  'ban-drop-database': { wrong: ['DROP DATABASE shop'], right: ['DROP TABLE t'] },
  'ban-drop-schema': { wrong: ['DROP SCHEMA s'], right: ['DROP TABLE s'] },
  'ban-drop-table': { wrong: ['DROP TABLE t'], right: ['DROP VIEW v'] },
  'ban-drop-column': { wrong: ['ALTER TABLE t DROP COLUMN a'], right: ['ALTER TABLE t DROP CONSTRAINT a'] },
  'ban-drop-view': { wrong: ['DROP VIEW v', 'DROP MATERIALIZED VIEW mv'], right: ['DROP TABLE t'] },
  'ban-drop-function': { wrong: ['DROP FUNCTION f(int)', 'DROP PROCEDURE p'], right: ['DROP TRIGGER f ON t'] },
  'ban-drop-type': { wrong: ['DROP TYPE mood'], right: ['DROP DOMAIN label'] },
  'ban-drop-domain': { wrong: ['DROP DOMAIN label'], right: ['DROP TYPE label'] },
  'ban-drop-sequence': { wrong: ['DROP SEQUENCE s'], right: ['ALTER SEQUENCE s RESTART'] },
  'ban-drop-trigger': { wrong: ['DROP TRIGGER g ON t'], right: ['DROP POLICY g ON t'] },
  'ban-drop-extension': { wrong: ['DROP EXTENSION citext'], right: ['CREATE EXTENSION citext'] },
  'ban-drop-policy': { wrong: ['DROP POLICY p ON t'], right: ['CREATE POLICY p ON t'] },
  'ban-drop-index': { wrong: ['DROP INDEX t_name'], right: ['DROP TABLE t'] },
  'ban-drop-constraint': { wrong: ['ALTER TABLE t DROP CONSTRAINT c'], right: ['ALTER TABLE t DROP COLUMN a'] },
  'ban-drop-not-null': {
    wrong: ['ALTER TABLE t ALTER n DROP NOT NULL'],
    right: ['ALTER TABLE t ALTER n SET NOT NULL'],
  },
  'ban-truncate-cascade': { wrong: ['TRUNCATE t CASCADE'], right: ['TRUNCATE t'] },
  'ban-set-default': { wrong: ['ALTER TABLE t ALTER a SET DEFAULT 3'], right: ['ALTER TABLE t ALTER a DROP DEFAULT'] },
  'ban-drop-default': { wrong: ['ALTER TABLE t ALTER a DROP DEFAULT'], right: ['ALTER TABLE t ALTER a SET DEFAULT 3'] },
  'ban-drop-generated-expression': {
    wrong: ['ALTER TABLE t ALTER a DROP EXPRESSION'],
    right: ['ALTER TABLE t ALTER a DROP DEFAULT'],
  },
  'ban-alter-generated-expression': {
    wrong: ['ALTER TABLE t ALTER a SET EXPRESSION AS (n + 1)'],
    right: ['ALTER TABLE t ALTER a DROP EXPRESSION'],
  },
  'ban-alter-identity': {
    wrong: ['ALTER TABLE t ALTER a SET GENERATED ALWAYS', 'ALTER TABLE t ALTER a DROP IDENTITY'],
    right: ['ALTER TABLE t ALTER a ADD GENERATED ALWAYS AS IDENTITY'],
  },
  'ban-disable-trigger': { wrong: ['ALTER TABLE t DISABLE TRIGGER g'], right: ['ALTER TABLE t ENABLE TRIGGER g'] },
  'ban-replica-identity': {
    wrong: ['ALTER TABLE t REPLICA IDENTITY FULL'],
    right: ['ALTER TABLE t CLUSTER ON t_name'],
  },
  'ban-revoke': {
    wrong: ['REVOKE SELECT ON t FROM anna', 'REVOKE admin FROM anna'],
    right: ['GRANT SELECT ON t TO anna'],
  },
  'ban-alter-row-level-security': {
    wrong: ['ALTER TABLE t ENABLE ROW LEVEL SECURITY'],
    right: ['ALTER TABLE t ENABLE TRIGGER ALL'],
  },
  'ban-create-policy': { wrong: ['CREATE POLICY p ON t'], right: ['DROP POLICY p ON t'] },
  'ban-alter-policy-condition': {
    wrong: ['ALTER POLICY p ON t USING (true)'],
    right: ['ALTER POLICY p ON t TO anna'],
  },
  'ban-alter-policy-roles': { wrong: ['ALTER POLICY p ON t TO anna'], right: ['ALTER POLICY p ON t USING (true)'] },
  'ban-alter-role-options': { wrong: ['ALTER ROLE anna SUPERUSER'], right: ['GRANT SELECT ON t TO anna'] },
  'ban-alter-system-options': { wrong: ["ALTER SYSTEM SET work_mem = '1GB'"], right: ["SET work_mem = '1GB'"] },
  'ban-alter-database-options': {
    wrong: ["ALTER DATABASE shop SET work_mem = '1GB'"],
    right: ["SET work_mem = '1GB'"],
  },
  'ban-alter-extension': { wrong: ['ALTER EXTENSION citext UPDATE'], right: ['CREATE EXTENSION citext'] },
  'ban-alter-function-options': { wrong: ['ALTER FUNCTION f() STABLE'], right: ['ALTER FUNCTION f() RENAME TO g'] },
  'ban-alter-view-options': {
    wrong: ['ALTER VIEW v SET (security_barrier = true)'],
    right: ['ALTER TABLE t SET (fillfactor = 9)'],
  },
  'ban-replace-view-function': {
    wrong: [
      'CREATE OR REPLACE VIEW v AS SELECT 1',
      "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
    right: ['CREATE VIEW w AS SELECT 1'],
  },
  'ban-add-column': { wrong: ['ALTER TABLE t ADD COLUMN b int'], right: ['CREATE TABLE u (b int)'] },
  'ban-add-composite-attribute': {
    wrong: ['ALTER TYPE pair ADD ATTRIBUTE z int'],
    right: ['ALTER TABLE t ADD COLUMN z int'],
  },
  'ban-add-enum-value': {
    wrong: ["ALTER TYPE mood ADD VALUE 'x'"],
    right: ["ALTER TYPE mood RENAME VALUE 'x' TO 'y'"],
  },
  'ban-alter-sequence-values': { wrong: ['ALTER SEQUENCE s RESTART'], right: ['CREATE SEQUENCE s'] },
  'ban-detach-inheritance': { wrong: ['ALTER TABLE t NO INHERIT parent'], right: ['ALTER TABLE t INHERIT parent'] },
  'ban-new-write-restriction': {
    wrong: ['ALTER TABLE t ADD CHECK (a > 0) NOT VALID', 'CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)'],
    right: ['CREATE INDEX CONCURRENTLY i ON t (a)'],
  },
  'dropping-cascade': { wrong: ['DROP TABLE t CASCADE', 'DROP TYPE mood CASCADE'], right: ['DROP TABLE t'] },
  'ban-char-field': {
    wrong: ['CREATE TABLE u (a char(3))', 'ALTER TABLE t ADD COLUMN b character(3)', 'ALTER TABLE t ALTER a TYPE char'],
    right: ['CREATE TABLE u (a varchar(3), b "char", c text)'],
  },
  'prefer-text-field': { wrong: ['CREATE TABLE u (a varchar(3))'], right: ['CREATE TABLE u (a text, b varchar)'] },
  'prefer-timestamptz': {
    wrong: ['CREATE TABLE u (a timestamp)', 'ALTER TABLE t ALTER at TYPE timestamp(3)'],
    right: ['CREATE TABLE u (a timestamptz, b timestamp with time zone)'],
  },
  'prefer-bigint-over-int': {
    wrong: ['CREATE TABLE u (a int, b serial)'],
    right: ['CREATE TABLE u (a bigint, b smallint)'],
  },
  'prefer-bigint-over-smallint': { wrong: ['CREATE TABLE u (a smallint)'], right: ['CREATE TABLE u (a int)'] },
  'prefer-identity': {
    wrong: ['CREATE TABLE u (a bigserial)'],
    right: ['CREATE TABLE u (a bigint GENERATED BY DEFAULT AS IDENTITY)'],
  },
  'prefer-robust-stmts': {
    wrong: ['DROP TABLE t', 'ALTER TABLE t ADD COLUMN b int', 'CREATE TABLE u (a int)'],
    right: [
      'DROP TABLE IF EXISTS t',
      'ALTER TABLE t ADD COLUMN IF NOT EXISTS b int',
      'CREATE TABLE IF NOT EXISTS u (a int)',
    ],
  },
  'identifier-too-long': {
    wrong: [`CREATE TABLE ${'x'.repeat(64)} (a int)`, `CREATE INDEX CONCURRENTLY "${'ü'.repeat(32)}" ON t (a)`],
    right: [`CREATE TABLE ${'x'.repeat(63)} (a int)`],
  },
  'ban-duplicate-column-assignments': {
    wrong: ['UPDATE t SET a = 1, n = 2, a = 3 WHERE id = 1'],
    right: ['UPDATE t SET a = 1, n = 2 WHERE id = 1'],
  },
  'require-enum-value-ordering': {
    wrong: ["ALTER TYPE mood ADD VALUE 'x'"],
    right: ["ALTER TYPE mood ADD VALUE 'x' BEFORE 'ok'"],
  },
  'require-table-schema': { wrong: ['CREATE TABLE u (a int)'], right: ['CREATE TABLE public.u (a int)'] },
  'require-lock-timeout': {
    wrong: ['ALTER TABLE t ADD COLUMN b int'],
    right: ["SET lock_timeout = '2s'; ALTER TABLE t ADD COLUMN b int", 'SELECT 1'],
  },
  'require-statement-timeout': {
    wrong: ['ALTER TABLE t ADD COLUMN b int'],
    right: ["SET LOCAL statement_timeout = '2s'; ALTER TABLE t ADD COLUMN b int"],
  },
};
