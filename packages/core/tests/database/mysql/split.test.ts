import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitScript } from '#core/database/mysql/split/split.js';
import { LockstepError } from '#core/errors.js';

const texts = (script: string): string[] => splitScript(script, 'V1__x.sql').map(({ text }) => text);

function refusal(script: string): LockstepError {
  try {
    splitScript(script, 'V1__x.sql');
  } catch (error) {
    if (error instanceof LockstepError) return error;
    throw error;
  }
  throw new Error(`not refused: ${script}`);
}

const nested = `CREATE DEFINER=root@localhost PROCEDURE p(IN end_of INT)
  SQL SECURITY INVOKER COMMENT 'begin; end'
outer_block: BEGIN
  DECLARE done INT DEFAULT 0;
  DECLARE c CURSOR FOR SELECT begin, end FROM t;
  DECLARE EXIT HANDLER FOR 1062, SQLSTATE '23000' BEGIN SET done = 1; END;
  DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = 1;
  IF done THEN
    SELECT CASE WHEN IF(done, 1, 2) THEN CASE done WHEN 1 THEN 2 END ELSE 3 END;
  ELSEIF EXISTS (SELECT 1) THEN BEGIN END;
  ELSE DROP TABLE IF EXISTS x;
  END IF;
  CASE done WHEN 1 THEN SELECT 1; ELSE SELECT t.end FROM t; END CASE;
  again: LOOP LEAVE again; END LOOP again;
  WHILE done < 3 DO SET done = done + 1; DO SLEEP(0); END WHILE;
  REPEAT SET done = REPEAT('a;', 3); UNTIL CASE WHEN 1 THEN 1 END END REPEAT;
  SET @x = 'it''s; \\'; -- it's; a comment
  # another; one
  RETURN;
END outer_block`;

describe('splits', () => {
  test.each<[name: string, script: string, expected: string[]]>([
    ['statements on lines', 'SELECT 1;\nSELECT 2;\n', ['SELECT 1', 'SELECT 2']],
    ['a last statement without a delimiter', 'SELECT 1; SELECT 2', ['SELECT 1', 'SELECT 2']],
    ['nothing', ' \n-- only\n/* comments */ # here\n;;', []],
    [
      'quotes',
      `SELECT ';''\\';', ";""\\";", \`;\`\`;\`; SELECT 2`,
      [`SELECT ';''\\';', ";""\\";", \`;\`\`;\``, 'SELECT 2'],
    ],
    ['a backslash in a name', 'SELECT `a\\`; SELECT 2', ['SELECT `a\\`', 'SELECT 2']],
    ['comments', 'SELECT 1 # a; b\n, 2 -- c; d\n, 3 /* e; f */;', ['SELECT 1 # a; b\n, 2 -- c; d\n, 3 /* e; f */']],
    ['two dashes without a blank, which are no comment', 'SELECT 5--1; SELECT 2', ['SELECT 5--1', 'SELECT 2']],
    ['dashes at the end of a line', 'SELECT 1 --\n; SELECT 2', ['SELECT 1 --', 'SELECT 2']],
    ['comments that do not nest', 'SELECT 1 /* /* ; */; /* /* */ SELECT 2', ['SELECT 1 /* /* ; */', 'SELECT 2']],
    ['leading comments, which are left out', '-- x\n/* y */ SELECT 1;', ['SELECT 1']],
    ['a byte order mark', '\uFEFFSELECT 1;', ['SELECT 1']],
    [
      'executable comments',
      "/*!40101 SET NAMES utf8mb4 */;\n/*!50001 SELECT ';' */ /* x */;",
      ['/*!40101 SET NAMES utf8mb4 */', "/*!50001 SELECT ';' */ /* x */"],
    ],
    [
      'a comment in an executable comment',
      '/*! SELECT /* a; */ 1 */; SELECT 2',
      ['/*! SELECT /* a; */ 1 */', 'SELECT 2'],
    ],
    ['a comment of MariaDB', '/*M!100301 SELECT 1 */;', ['/*M!100301 SELECT 1 */']],
    ["the line of MariaDB's sandbox", '/*M!999999\\- enable the sandbox mode */ \n-- dump\nSELECT 1;', ['SELECT 1']],
    ['a product behind a comment', 'SELECT 2*/*;*/3;', ['SELECT 2*/*;*/3']],
    [
      'another delimiter',
      'DELIMITER $$\nSELECT 1$$ SELECT 2 $$\ndelimiter ;\nSELECT 3;',
      ['SELECT 1', 'SELECT 2', 'SELECT 3'],
    ],
    [
      'a delimiter behind a word',
      'DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; END//\nDELIMITER ;',
      ['CREATE PROCEDURE p() BEGIN SELECT 1; END'],
    ],
    [
      'a semicolon before another delimiter',
      'DELIMITER //\nINSERT INTO t VALUES (1); INSERT INTO t VALUES (2);\n//',
      ['INSERT INTO t VALUES (1)', 'INSERT INTO t VALUES (2)'],
    ],
    [
      'a delimiter with a carriage return',
      'DELIMITER $$\r\nSELECT 1$$\r\nDELIMITER ;\r\nSELECT 2;\r\n',
      ['SELECT 1', 'SELECT 2'],
    ],
    [
      'a column that is called delimiter',
      'CREATE TABLE t (\n  delimiter varchar(1),\n  b int\n);',
      ['CREATE TABLE t (\n  delimiter varchar(1),\n  b int\n)'],
    ],
    ['nested blocks', `${nested};\nSELECT 2;`, [nested, 'SELECT 2']],
    [
      'a routine of one statement',
      "CREATE FUNCTION f(a INT) RETURNS SET('a','b') CHARACTER SET utf8mb4 RETURN IF(a, 'a', 'b'); SELECT 2",
      ["CREATE FUNCTION f(a INT) RETURNS SET('a','b') CHARACTER SET utf8mb4 RETURN IF(a, 'a', 'b')", 'SELECT 2'],
    ],
    [
      'a routine that is an IF',
      'CREATE PROCEDURE IF NOT EXISTS p(a INT) IF a THEN SELECT 1; END IF; SELECT 2',
      ['CREATE PROCEDURE IF NOT EXISTS p(a INT) IF a THEN SELECT 1; END IF', 'SELECT 2'],
    ],
    [
      'a trigger',
      'CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW FOLLOWS `db`.b BEGIN SET NEW.end = 1; END; SELECT 2',
      ['CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW FOLLOWS `db`.b BEGIN SET NEW.end = 1; END', 'SELECT 2'],
    ],
    [
      'a trigger of one statement',
      'CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW SET NEW.a = CASE WHEN 1 THEN 2 END; SELECT 2',
      ['CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW SET NEW.a = CASE WHEN 1 THEN 2 END', 'SELECT 2'],
    ],
    [
      'an event',
      'CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN DELETE FROM t; END; ALTER EVENT e DISABLE; SELECT 2',
      ['CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN DELETE FROM t; END', 'ALTER EVENT e DISABLE', 'SELECT 2'],
    ],
    [
      'a block of MariaDB',
      'BEGIN NOT ATOMIC IF 1 THEN SELECT 1; END IF; END; SELECT 2',
      ['BEGIN NOT ATOMIC IF 1 THEN SELECT 1; END IF; END', 'SELECT 2'],
    ],
    [
      'a loop of MariaDB',
      'l: FOR i IN 1..10 DO INSERT INTO t VALUES (i); END FOR l; SELECT 2',
      ['l: FOR i IN 1..10 DO INSERT INTO t VALUES (i); END FOR l', 'SELECT 2'],
    ],
    [
      'a trigger as mysqldump writes it',
      'DELIMITER ;;\n/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`%`*/ /*!50003 TRIGGER x BEFORE INSERT ON t FOR EACH ROW BEGIN SET @a = 1; END */;;\nDELIMITER ;',
      [
        '/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`%`*/ /*!50003 TRIGGER x BEFORE INSERT ON t FOR EACH ROW BEGIN SET @a = 1; END */',
      ],
    ],
    [
      'names that are words of blocks',
      'INSERT INTO t (begin, end, `if`) VALUES (1, 2, 3); SELECT t.begin, end FROM t; SELECT 2',
      ['INSERT INTO t (begin, end, `if`) VALUES (1, 2, 3)', 'SELECT t.begin, end FROM t', 'SELECT 2'],
    ],
  ])('%s', (_, script, expected) => {
    expect(texts(script)).toEqual(expected);
  });

  test('counts lines', () => {
    const script = '\n-- a\nSELECT\n 1;\n\n/* x\n*/ SELECT 2; SELECT 3;\nDELIMITER $$\n\nSELECT 4$$';
    expect(splitScript(script, 'f').map(({ line }) => line)).toEqual([3, 7, 7, 10]);
  });
});

describe('refuses', () => {
  test.each<[script: string, line: number, column: number, reason: string]>([
    ["SELECT 'a;\nSELECT 2;", 1, 8, "the quote ' has no end"],
    ['SELECT 1;\n  /* a', 2, 3, 'the comment has no end'],
    ['SELECT 1;\n /*!50001 SELECT 2', 2, 2, 'the comment /*! has no end'],
    ['SELECT 1;\nCREATE PROCEDURE p()\nBEGIN IF 1 THEN SELECT 1; END;\n', 3, 1, 'BEGIN has no END'],
    ['CREATE PROCEDURE p() BEGIN SELECT 1;', 1, 22, 'BEGIN has no END'],
    ['DELIMITER \nSELECT 1', 1, 1, 'DELIMITER without a delimiter'],
    ['SELECT 1\nDELIMITER $$\nSELECT 2$$', 2, 1, 'DELIMITER stands inside of a statement'],
    ['SELECT 1;\nCOMMIT;', 2, 1, 'COMMIT cannot stand in a migration'],
    ['start transaction;', 1, 1, 'START TRANSACTION cannot stand'],
    ['BEGIN; SELECT 1; COMMIT;', 1, 1, 'BEGIN cannot stand'],
    ['/*!40000 LOCK TABLES `t` WRITE */;', 1, 1, 'LOCK cannot stand'],
    ['UNLOCK TABLES;', 1, 1, 'UNLOCK cannot stand'],
    ['USE other;', 1, 1, 'USE cannot stand'],
    ['SET @old = @@autocommit, autocommit = 0;', 1, 26, 'AUTOCOMMIT cannot be set'],
    ['SET NAMES latin1;', 1, 11, 'UTF-8, not as latin1'],
    ["SET character_set_client = 'gbk';", 1, 28, 'UTF-8'],
    ["LOAD DATA LOCAL INFILE 'x' INTO TABLE t;", 1, 1, 'LOAD DATA LOCAL'],
  ])('%j', (script, line, column, reason) => {
    const error = refusal(script);
    expect(error.code).toBe('MIGRATION_UNREADABLE');
    expect(error.details).toMatchObject({ file: 'V1__x.sql', line: String(line), column: String(column) });
    expect(error.details['reason']).toContain(reason);
  });

  test.each([
    'SET @autocommit = 0',
    'SET NAMES utf8mb4',
    "SET CHARACTER SET 'utf8'",
    'SET character_set_client = @old',
    'SET @c = 1',
  ])('but not %s', (script) => {
    expect(texts(script)).toEqual([script]);
  });
});

describe('classes', () => {
  const inTransaction = { transactional: true, effect: 'provable' };
  const provable = { transactional: false, effect: 'provable' };
  const repeatable = { transactional: false, effect: 'repeatable' };
  const unprovable = { transactional: false, effect: 'unprovable' };
  const ofConnection = { transactional: true, effect: 'repeatable', connection: true };

  test.each<[script: string, expected: object, targets?: readonly string[]]>([
    ['INSERT INTO t VALUES (1)', inTransaction],
    ['(SELECT 1) UNION (SELECT 2)', inTransaction],
    ['WITH a AS (SELECT 1) DELETE FROM t', inTransaction],
    ["SELECT 1 INTO OUTFILE 'x'", unprovable],
    ['CREATE TABLE user (a int)', provable, ['TABLE .user']],
    ['CREATE TABLE IF NOT EXISTS `a.b`.`c``d` SELECT 1', provable, ['TABLE a.b.c`d']],
    ['CREATE OR REPLACE TABLE t (a int)', repeatable],
    ['CREATE SPATIAL INDEX i ON t (g)', provable, ['TABLE .t']],
    ['CREATE INDEX IF NOT EXISTS `on` ON d.T (a)', provable, ['TABLE d.T']],
    ['DROP INDEX i ON t', provable, ['TABLE .t']],
    ['CREATE SPATIAL REFERENCE SYSTEM 4120 NAME "x"', unprovable],
    ['/*!50001 CREATE OR REPLACE VIEW v AS SELECT 1 */', repeatable],
    ['CREATE VIEW v AS SELECT 1 WHERE EXISTS (SELECT 2)', provable, ['VIEW .v']],
    ['/*!50003 CREATE*/ /*!50003 VIEW v AS SELECT 1 */', provable, ['VIEW .v']],
    ['CREATE DEFINER=`a`@`%` PROCEDURE p() SELECT 1', provable, ['PROCEDURE .p']],
    ['CREATE FUNCTION f RETURNS STRING SONAME "x.so"', unprovable],
    ['CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW SET @a = 1', provable, ['TRIGGER .x']],
    ['CREATE EVENT IF NOT EXISTS e ON SCHEDULE EVERY 1 DAY DO SELECT 1', repeatable],
    ['CREATE SEQUENCE s', provable, ['SEQUENCE .s']],
    ['ALTER TABLE t ADD COLUMN a int', provable, ['TABLE .t']],
    ['ALTER TABLE t RENAME TO u, ADD COLUMN a int', provable, ['TABLE .t']],
    ['ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u', unprovable],
    ['ALTER TABLE t IMPORT TABLESPACE', unprovable],
    ['ALTER TABLE t DROP COLUMN a, RENAME COLUMN b TO a, ADD COLUMN b int', unprovable],
    ['ALTER TABLE t CHANGE b a int FIRST', unprovable],
    ['ALTER TABLE t RENAME COLUMN b TO a, RENAME COLUMN a TO b', provable, ['TABLE .t']],
    ['ALTER DATABASE d COLLATE utf8mb4_bin', repeatable],
    ['RENAME TABLE a TO b, c TO a', provable, ['TABLE .a', 'TABLE .b', 'TABLE .c', 'TABLE .a']],
    ['RENAME TABLE a TO tmp, `b` TO a, tmp TO b', unprovable],
    ['RENAME TABLE x.a TO y.a, y.b TO x.b', provable, ['TABLE x.a', 'TABLE y.a', 'TABLE y.b', 'TABLE x.b']],
    ['DROP TABLE a', provable, ['TABLE .a goes']],
    ['DROP TABLE a, `b c`', provable, ['TABLE .a goes', 'TABLE .b c goes']],
    ['DROP TABLE IF EXISTS a, b', repeatable],
    ['DROP VIEW v, w', provable, ['VIEW .v goes', 'VIEW .w goes']],
    ['DROP DATABASE d', provable, ['DATABASE .d goes']],
    ['TRUNCATE t', repeatable],
    ['ANALYZE TABLE t', repeatable],
    ['OPTIMIZE TABLE t', repeatable],
    ['SET @a = 1', ofConnection],
    ["SET sql_mode = ''", ofConnection],
    ['SET GLOBAL max_connections = 1', repeatable],
    ['SET STATEMENT max_statement_time = 1 FOR DELETE FROM t', inTransaction],
    ['CREATE TEMPORARY TABLE t (a int)', ofConnection],
    ['CREATE OR REPLACE TEMPORARY TABLE t (a int)', ofConnection],
    ['DROP TEMPORARY TABLE t', ofConnection],
    ['PREPARE s FROM "SELECT 1"', ofConnection],
    ['EXECUTE s', unprovable],
    ['CALL p()', unprovable],
    ['CREATE USER a', unprovable],
    ['CREATE USER IF NOT EXISTS a', repeatable],
    ['RENAME USER a TO b', unprovable],
    ['GRANT SELECT ON t TO a', repeatable],
    ['REVOKE SELECT ON t FROM a', unprovable],
    ['REVOKE IF EXISTS SELECT ON t FROM a', repeatable],
    ['CREATE DATABASE x', provable, ['DATABASE .x']],
    ['BEGIN NOT ATOMIC SELECT 1; END', unprovable],
  ])('%s', (script, expected, targets) => {
    const [{ text: _text, line: _line, traceless: _traceless, targets: found, ...rest } = { text: '', line: 0 }] =
      splitScript(script, 'f');
    expect(rest).toEqual(expected);
    const named = found?.map(({ kind, schema, name, goes }) => `${kind} ${schema}.${name}${goes ? ' goes' : ''}`);
    expect(named).toEqual(targets);
  });

  test.each<[script: string, expected: true | undefined]>([
    ['CREATE TABLE t (a int DEFAULT (uuid()))', true],
    ['CREATE TABLE t (a int) PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (1))', true],
    ['CREATE INDEX i ON t (a)', true],
    ['ALTER TABLE t ADD COLUMN a int', true],
    ['DROP TABLE IF EXISTS t', true],
    ['RENAME TABLE a TO b', true],
    ['CREATE VIEW v AS SELECT f()', true],
    ['CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW SET @a = 1', true],
    ['CREATE TABLE t SELECT f()', undefined],
    ['CREATE TABLE t (a int) AS (WITH c AS (SELECT @a := 1) SELECT * FROM c)', undefined],
    ['CREATE TABLE t TABLE u', undefined],
    ['CREATE TABLE t VALUES ROW(f())', undefined],
    ['CREATE TEMPORARY TABLE t (a int)', undefined],
    ['DROP TEMPORARY TABLE t', undefined],
    ['DROP DATABASE d', undefined],
    ['CREATE USER a', undefined],
    ['SET @a = 1', undefined],
    ['INSERT INTO t VALUES (1)', undefined],
    ['UPDATE t SET a = 1', undefined],
    ['CALL p()', undefined],
    ['DO f()', undefined],
  ])('%s: leaves no trace on the connection: %s', (script, expected) => {
    expect(splitScript(script, 'f')[0]?.traceless).toBe(expected);
  });
});

describe('holds for generated scripts', () => {
  const piece = fc.constantFrom(
    `'a;''b\\';'`,
    '`;`',
    '";"',
    '/* ; */',
    'end',
    'begin',
    't.end',
    'IF(1, 2, 3)',
    'CASE 1 WHEN 2 THEN 3 END',
    '5--1',
    '-- x; y\n',
    '# z;\n',
    '/*! 1 */',
    '日本語',
    '😀',
    "REPEAT('x', 2)",
    '(1, 2)',
  );
  const simple = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => `SELECT ${pieces.join(' ')} , 1`);
  const { body } = fc.letrec<{ body: string; block: string }>((tie) => ({
    body: fc.oneof({ maxDepth: 3, withCrossShrink: true }, simple, tie('block')),
    block: fc
      .tuple(fc.constantFrom('b', 'i', 'c', 'l', 'w', 'r', 'h'), fc.array(tie('body'), { minLength: 1, maxLength: 3 }))
      .map(([kind, inner]) => wrapBlock(kind, `${inner.join(';\n')};`)),
  }));
  const statement = fc.oneof(
    simple,
    body.map((text) => `CREATE PROCEDURE p(a INT) BEGIN ${text}; END`),
    body.map((text) => `CREATE TRIGGER x AFTER DELETE ON t FOR EACH ROW ${text}`),
    body.map((text) => `CREATE EVENT x ON SCHEDULE EVERY 1 DAY DO ${text}`),
  );

  test('what was put together comes apart again', () => {
    fc.assert(
      fc.property(
        fc.array(statement, { maxLength: 5 }),
        fc.constantFrom(';', '$$', '//', ';;'),
        (statements, delimiter) => {
          const head = delimiter === ';' ? '' : `DELIMITER ${delimiter}\n`;
          expect(texts(head + statements.map((text) => `${text} ${delimiter}\n`).join(''))).toEqual(statements);
        },
      ),
    );
  });

  test('any text is split or refused, and nothing is lost', () => {
    const word = fc.constantFrom(
      "'",
      '"',
      '`',
      '/*',
      '*/',
      '/*!',
      ';',
      '--',
      '#',
      '\n',
      'DELIMITER ',
      '$$',
      'BEGIN ',
      'END ',
      'IF ',
      'CREATE PROCEDURE p() ',
      'x ',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string({ unit: 'binary', maxLength: 5 })), { maxLength: 20 }), (words) => {
        const script = words.join('');
        try {
          let at = 0;
          for (const { text } of splitScript(script, 'f')) {
            const found = script.indexOf(text, at);
            expect(found).toBeGreaterThanOrEqual(at);
            at = found + text.length;
          }
        } catch (error) {
          if (!(error instanceof LockstepError)) throw error;
          expect(error.code).toBe('MIGRATION_UNREADABLE');
        }
      }),
      { numRuns: 500 },
    );
  });
});

function wrapBlock(kind: string, inner: string): string {
  if (kind === 'i') return `IF a THEN ${inner} ELSEIF b THEN ${inner} ELSE ${inner} END IF`;
  if (kind === 'c') return `CASE a WHEN 1 THEN ${inner} ELSE ${inner} END CASE`;
  if (kind === 'l') return `name: LOOP ${inner} END LOOP name`;
  if (kind === 'w') return `WHILE IF(a, b, c) DO ${inner} END WHILE`;
  if (kind === 'r') return `REPEAT ${inner} UNTIL a END REPEAT`;
  if (kind === 'h') return `BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION, NOT FOUND BEGIN ${inner} END; ${inner} END`;
  return `name: BEGIN ${inner} END name`;
}
