import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { split } from '#core/database/postgres/split.js';
import { failure } from './servers.ts';

const texts = async (script: string): Promise<string[]> => (await split(script, 'V1__x.sql')).map(({ text }) => text);

const tagged = `CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $body$
BEGIN
  RETURN $$;$$ || ';' || $q$ $body $q$;
END $body$`;

const atomic = `CREATE FUNCTION g(a int) RETURNS int LANGUAGE sql
BEGIN ATOMIC
  SELECT CASE WHEN a > 0 THEN 1 ELSE 2 END;
  SELECT 3;
END`;

describe('split', () => {
  it.each<[title: string, script: string, expected: string[]]>([
    ['statements', 'SELECT 1;\nSELECT 2;\n', ['SELECT 1', 'SELECT 2']],
    ['a last statement without a delimiter', 'SELECT 1; SELECT 2', ['SELECT 1', 'SELECT 2']],
    ['nothing', '', []],
    ['blanks and comments only', ' \n-- only; a comment\n/* and /* another; */ one */;;', []],
    ['a byte order mark', '\uFEFFSELECT 1;', ['SELECT 1']],
    ['carriage returns', 'SELECT 1;\r\nSELECT 2;\r\n', ['SELECT 1', 'SELECT 2']],
    ['several delimiters', 'SELECT 1;; -- a\n ; /* b; */ SELECT 2;', ['SELECT 1', '/* b; */ SELECT 2']],
    [
      'comments, which stay before their statement',
      '-- a;\nSELECT 1;\n/* b /* ; */ */\nSELECT 2;\n-- c\n',
      ['-- a;\nSELECT 1', '/* b /* ; */ */\nSELECT 2'],
    ],
    ['comments inside', 'SELECT 1 -- ;\n, 2 /* ; */;SELECT 3', ['SELECT 1 -- ;\n, 2 /* ; */', 'SELECT 3']],
    [
      'strings',
      `SELECT 'a;''b', E'c\\';', U&'d;', B'1', $$;$$; SELECT 2`,
      [`SELECT 'a;''b', E'c\\';', U&'d;', B'1', $$;$$`, 'SELECT 2'],
    ],
    ['a backslash that ends a string', `SELECT '\\'; SELECT 2`, [`SELECT '\\'`, 'SELECT 2']],
    ['quoted names', 'SELECT 1 AS "a;""b"; SELECT 2', ['SELECT 1 AS "a;""b"', 'SELECT 2']],
    ['dollar quotes with tags', `${tagged};\nSELECT 2;`, [tagged, 'SELECT 2']],
    ['bodies of SQL', `${atomic};\nSELECT 2;`, [atomic, 'SELECT 2']],
    [
      'rules of several statements',
      'CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b); SELECT 2',
      ['CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b)', 'SELECT 2'],
    ],
    [
      'characters of several bytes before',
      "SELECT 'é€😀'; -- ü\nSELECT '日本'; SELECT 3",
      ["SELECT 'é€😀'", "-- ü\nSELECT '日本'", 'SELECT 3'],
    ],
  ])('%s', async (_, script, expected) => {
    expect(await texts(script)).toEqual(expected);
  });

  it('gives the line of the first word', async () => {
    const script = "-- é\n\nSELECT 'a\nb'; -- c\n\n/*\n*/ SELECT 2;\r\nSELECT 3";
    expect((await split(script, 'x')).map(({ line }) => line)).toEqual([3, 7, 8]);
  });

  it('gives back what was joined, also in scripts that are parsed in pieces', async () => {
    const statement = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }).map((text) => `SELECT '${text.replace(/[\0']/g, '')}'`),
      fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => `SELECT $a$${text.replace(/[\0$]/g, '')};\n$a$`),
      fc
        .string({ maxLength: 20 })
        .map((text) => `/* ${text.replace(/[\0/*]/g, ' ')};\n */ INSERT INTO "t;" VALUES (1)`),
      fc.constantFrom(atomic, tagged, '-- a;\nUPDATE t SET a = 1', 'SELECT 1 -- b;\n + 2'),
      fc.constant(`SELECT '${'é;\n'.repeat(40_000)}'`),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(statement, { maxLength: 12 }),
        fc.constantFrom(';', ';\n', ' ;\r\n\t'),
        async (list, glue) => {
          expect(await texts(list.join(glue))).toEqual(list);
          expect(await texts(list.map((text) => text + glue).join(''))).toEqual(list);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('keeps lines and texts of a large script', async () => {
    const count = 20_000;
    const script = Array.from(
      { length: count },
      (_, index) => `-- ü ${index}\nINSERT INTO t VALUES (${index}, 'ß;\n');\r\n`,
    ).join('');
    const found = await split(script, 'x');
    expect(found).toHaveLength(count);
    expect(found.at(-1)).toMatchObject({
      text: `-- ü ${count - 1}\nINSERT INTO t VALUES (${count - 1}, 'ß;\n')`,
      line: 3 * count - 1,
    });
  });
});

describe('rows behind COPY FROM stdin', () => {
  const placed = async (script: string): Promise<(readonly [string, number])[]> =>
    (await split(script, 'V7__x.sql')).map(({ text, line }) => [text, line]);

  it('belong to it, and what follows is SQL again', async () => {
    const script =
      "SELECT 1;\n-- rows\nCOPY t (a, b) FROM stdin;\n1\t;'\n2\t$$ /*\n\\.\n\nSELECT 2;\ncopy u from STDIN with (format csv);\r\n\\.\r\nSELECT 3";
    expect(await placed(script)).toEqual([
      ['SELECT 1', 1],
      ["COPY t (a, b) FROM stdin;\n1\t;'\n2\t$$ /*\n\\.", 3],
      ['SELECT 2', 8],
      ['copy u from STDIN with (format csv);\r\n\\.', 9],
      ['SELECT 3', 11],
    ]);
  });

  it('are none where it only looks like that', async () => {
    const body = "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT '\ncopy t from stdin;\n1\n\\.\n' $$";
    expect(await placed(`${body};\nSELECT 2;`)).toEqual([
      [body, 1],
      ['SELECT 2', 6],
    ]);
  });
});

describe('refused scripts', () => {
  const long = `SELECT '${'ä'.repeat(200_000)}';\n`;

  it.each<[script: string, line: number, column: number, reason: RegExp]>([
    ['SELECT 1;\nSELEC 2;', 2, 1, /syntax error at or near "SELEC"/],
    ["SELECT 'é', 'ü' FROM t WHER x = 1;", 1, 29, /syntax error/],
    ["SELECT 1;\n  SELECT 'abc", 2, 10, /unterminated quoted string/],
    ['SELECT 1;\n/* abc', 2, 1, /unterminated \/\* comment/],
    [`${long}${long}\n SELECT 1 1;`, 4, 11, /syntax error at or near "1"/],
    ['\\i other.sql', 1, 1, /syntax error at or near "\\"/],
    ['SELECT 1;\n BEGIN;\nSELECT 2;\nCOMMIT;', 2, 2, /BEGIN, COMMIT/],
    ['START TRANSACTION', 1, 1, /BEGIN, COMMIT/],
    ['SELECT 1; ROLLBACK', 1, 11, /BEGIN, COMMIT/],
    ['SAVEPOINT a', 1, 1, /BEGIN, COMMIT/],
    ['SELECT 1;\nCOPY t FROM stdin;\nSELECT 2;', 2, 1, /COPY FROM stdin/],
    ['COPY t FROM stdin', 1, 1, /COPY FROM stdin/],
    ['SELECT 1;\n\n SELECT \0', 3, 9, /NUL/],
  ])('%j', async (script, line, column, reason) => {
    const error = await failure(split(script, 'V7__x.sql'));
    expect(error.code).toBe('MIGRATION_UNREADABLE');
    expect(error.details).toMatchObject({ file: 'V7__x.sql', line: `${line}`, column: `${column}` });
    expect(error.details['reason']).toMatch(reason);
  });
});

describe('kinds of statements', () => {
  it.each<[statement: string, transactional: boolean, effect: string]>([
    ['SELECT 1', true, 'provable'],
    ['CREATE INDEX i ON t (a)', true, 'provable'],
    ['CREATE INDEX CONCURRENTLY i ON t (a)', false, 'provable'],
    ['CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)', false, 'provable'],
    ['DROP INDEX CONCURRENTLY i', false, 'provable'],
    ['REINDEX TABLE t', false, 'repeatable'],
    ['REINDEX TABLE CONCURRENTLY t', false, 'repeatable'],
    ['REINDEX (CONCURRENTLY, VERBOSE) INDEX i', false, 'repeatable'],
    ['REINDEX SCHEMA s', false, 'repeatable'],
    ['REINDEX DATABASE d', false, 'repeatable'],
    ['ALTER TABLE t DETACH PARTITION p', true, 'provable'],
    ['ALTER TABLE t DETACH PARTITION p CONCURRENTLY', false, 'provable'],
    ['VACUUM t', false, 'repeatable'],
    ['VACUUM (ANALYZE)', false, 'repeatable'],
    ['ANALYZE t', true, 'provable'],
    ['CLUSTER t', false, 'repeatable'],
    ['CLUSTER', false, 'repeatable'],
    ['CREATE DATABASE d', false, 'provable'],
    ['DROP DATABASE d', false, 'provable'],
    ['ALTER DATABASE d SET TABLESPACE s', false, 'provable'],
    ["ALTER DATABASE d SET work_mem = '1MB'", true, 'provable'],
    ["CREATE TABLESPACE s LOCATION '/x'", false, 'provable'],
    ['DROP TABLESPACE s', false, 'provable'],
    ["CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p", false, 'provable'],
    ['DROP SUBSCRIPTION s', false, 'provable'],
    ["ALTER SYSTEM SET work_mem = '1MB'", false, 'repeatable'],
    ['DISCARD ALL', false, 'repeatable'],
    ['DISCARD PLANS', true, 'provable'],
    ["ALTER TYPE e ADD VALUE 'x'", true, 'provable'],
    ["ALTER TYPE e RENAME VALUE 'x' TO 'y'", true, 'provable'],
    ['CALL p()', true, 'provable'],
    ['DO $$ BEGIN PERFORM 1; END $$', true, 'provable'],
    ['DO $$ BEGIN PERFORM 1; COMMIT; END $$', false, 'unprovable'],
  ])('%s', async (statement, transactional, effect) => {
    expect(await split(statement, 'x')).toEqual([expect.objectContaining({ transactional, effect })]);
  });

  it.each<[statement: string, targets: readonly string[]]>([
    ['CREATE INDEX CONCURRENTLY i ON s.t (a)', ['indexes of s.t', 'new index .i']],
    ['CREATE INDEX CONCURRENTLY ON t (a)', ['indexes of .t']],
    ['CREATE INDEX IF NOT EXISTS i ON t (a)', ['indexes of .t', 'new index .i']],
    ['CREATE INDEX i ON t (a)', []],
    ['DROP INDEX CONCURRENTLY s.i', ['index s.i']],
    ['DROP INDEX i', []],
    ['ALTER TABLE a.t DETACH PARTITION "P" CONCURRENTLY', ['partition .P', 'parent a.t']],
    ['ALTER TABLE t DETACH PARTITION p', []],
    ["ALTER TYPE s.e ADD VALUE 'x'", ['enum s.e']],
    ['REINDEX TABLE CONCURRENTLY t', ['rebuilt .']],
    ['CREATE DATABASE d', ['database .d']],
    ['ALTER SUBSCRIPTION s DISABLE', ['subscription .s']],
    ['DROP TABLESPACE s', ['tablespace .s']],
    ['VACUUM t', []],
  ])('%s: looked at by %j', async (statement, targets) => {
    const [found] = await split(statement, 'x');
    expect((found?.targets ?? []).map(({ kind, schema, name }) => `${kind} ${schema}.${name}`)).toEqual(targets);
  });

  it('adds a value outside of a transaction when a statement follows, which may use it', async () => {
    const kinds = await split("ALTER TYPE e ADD VALUE 'x'; SELECT 'x'::e; ALTER TYPE e ADD VALUE 'y'; -- end", 'x');
    expect(kinds.map(({ transactional }) => transactional)).toEqual([false, true, true]);
  });

  it.each<[statement: string, connection: true | undefined]>([
    ['SET search_path = a', true],
    ['SET LOCAL search_path = a', undefined],
    ['SET TRANSACTION ISOLATION LEVEL SERIALIZABLE', undefined],
    ['RESET work_mem', true],
    ['SET ROLE a', true],
    ["SELECT set_config('a.b', 'c', false)", true],
    ["SELECT pg_catalog.set_config('a.b', 'c', false)", true],
    ['PREPARE p AS SELECT 1', true],
    ['CREATE TEMP TABLE t (a int)', true],
    ['CREATE TABLE pg_temp.t (a int)', true],
    ['CREATE TEMP TABLE t AS SELECT 1', true],
    ['SELECT 1 INTO TEMP t', true],
    ['CREATE TEMP VIEW v AS SELECT 1', true],
    ['CREATE TEMP SEQUENCE s', true],
    ['CREATE TABLE t (a int)', undefined],
    ['SELECT 1', undefined],
  ])('%s: of the connection %s', async (statement, connection) => {
    expect((await split(statement, 'x'))[0]?.connection).toBe(connection);
  });

  it.each<[statement: string, traceless: true | undefined]>([
    ['CREATE TABLE t (a int DEFAULT f(), CHECK (f(a)))', true],
    ['CREATE INDEX i ON t (f(a))', true],
    ['ALTER TABLE t ADD COLUMN a int DEFAULT 1', true],
    ['CREATE VIEW v AS SELECT f()', true],
    ["COMMENT ON TABLE t IS 'x'", true],
    ['DROP TABLE t', true],
    ['CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$', true],
    ['CREATE TABLE p PARTITION OF t FOR VALUES FROM (f()) TO (2)', undefined],
    ['ALTER TABLE t ADD COLUMN a int DEFAULT f()', undefined],
    ['CREATE TEMP TABLE t (a int)', undefined],
    ['CREATE TABLE t AS SELECT f()', undefined],
    ['CREATE MATERIALIZED VIEW v AS SELECT f()', undefined],
    ['SET search_path = a', undefined],
    ['SELECT f()', undefined],
    ['INSERT INTO t VALUES (1)', undefined],
    ['UPDATE t SET a = 1', undefined],
    ['DO $$ BEGIN END $$', undefined],
    ['CALL p()', undefined],
    ['COPY t FROM stdin;\n1\n\\.', undefined],
  ])('%s: leaves no trace on the connection: %s', async (statement, traceless) => {
    expect((await split(statement, 'x'))[0]?.traceless).toBe(traceless);
  });
});
