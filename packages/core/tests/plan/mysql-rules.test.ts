import { expect, it } from 'vitest';
import { dialectOf } from '@lockstep/core';
import { KnownTables } from '#core/plan/known-tables.js';
import { newScript } from '#core/plan/script.js';

const setup = `CREATE TABLE parent (id int PRIMARY KEY);
  CREATE TABLE t (id int PRIMARY KEY, a int, n int NOT NULL, name varchar(20), KEY t_name (name)) CHARSET=utf8mb4;
  CREATE TABLE bare (id int NOT NULL, body text); CREATE VIEW v AS SELECT id FROM t;`;

interface Case {
  readonly wrong: readonly string[];
  readonly right: readonly string[];
}

/** For each rule, scripts that break it and scripts that come close to it but do not. */
const cases: Readonly<Record<string, Case>> = {
  'changing-column-type': {
    wrong: ['ALTER TABLE t MODIFY a bigint', 'ALTER TABLE t CHANGE name label varchar(10)'],
    right: [
      'ALTER TABLE t MODIFY name varchar(30)',
      'ALTER TABLE t MODIFY a int DEFAULT 3',
      'ALTER TABLE t RENAME COLUMN a TO b',
    ],
  },
  'adding-foreign-key-constraint': {
    wrong: ['ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES parent (id)'],
    right: [
      'SET foreign_key_checks = 0; ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES parent (id); SET foreign_key_checks = 1',
    ],
  },
  'adding-check-constraint': { wrong: ['ALTER TABLE t ADD CHECK (a > 0)'], right: ['ALTER TABLE t DROP CONSTRAINT c'] },
  'converting-character-set': {
    wrong: ['ALTER TABLE t CONVERT TO CHARACTER SET latin1'],
    right: ['ALTER TABLE parent CONVERT TO CHARACTER SET latin1', 'ALTER TABLE t DEFAULT CHARACTER SET utf8mb4'],
  },
  'dropping-primary-key': {
    wrong: ['ALTER TABLE t DROP PRIMARY KEY'],
    right: ['ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (a)'],
  },
  'adding-field-with-default': {
    wrong: ['ALTER TABLE t ADD COLUMN b varchar(36) DEFAULT (uuid())', 'ALTER TABLE t ADD b int AS (a + 1) STORED'],
    right: ['ALTER TABLE t ADD COLUMN b int DEFAULT 3', 'ALTER TABLE t ADD b int AS (a + 1) VIRTUAL'],
  },
  'copying-table': {
    wrong: [
      'ALTER TABLE t ORDER BY a',
      'ALTER TABLE t ENGINE = MyISAM',
      'ALTER TABLE t ADD COLUMN b int, ALGORITHM=COPY',
    ],
    right: ['ALTER TABLE t ENGINE = InnoDB', 'ALTER TABLE t MODIFY a bigint'],
  },
  'blocking-writes': {
    wrong: [
      'ALTER TABLE bare ADD FULLTEXT INDEX f (body)',
      'CREATE FULLTEXT INDEX f ON bare (body)',
      'ALTER TABLE t ADD INDEX i (a), LOCK=SHARED',
    ],
    right: ['ALTER TABLE t ADD INDEX i (a)', 'ALTER TABLE t MODIFY a bigint'],
  },
  'rebuilding-table': {
    wrong: ['ALTER TABLE t FORCE', 'ALTER TABLE bare ADD PRIMARY KEY (id)', 'ALTER TABLE t MODIFY a int NOT NULL'],
    right: ['ALTER TABLE t ADD COLUMN b int', 'ALTER TABLE t ADD INDEX i (a)'],
  },
  'mixing-instant-with-others': {
    wrong: ['ALTER TABLE t ADD COLUMN b int, ADD INDEX i (a)'],
    right: ['ALTER TABLE t ADD COLUMN b int, DROP COLUMN a', 'ALTER TABLE t ADD INDEX i (a)'],
  },
  'algorithm-refused': {
    wrong: [
      'ALTER TABLE t MODIFY a bigint, ALGORITHM=INPLACE',
      'ALTER TABLE t ADD INDEX i (a), ALGORITHM=INSTANT',
      'ALTER TABLE bare ADD FULLTEXT f (body), LOCK=NONE',
    ],
    right: [
      'ALTER TABLE t ADD COLUMN b int, ALGORITHM=INSTANT',
      'ALTER TABLE t ADD INDEX i (a), ALGORITHM=INPLACE, LOCK=NONE',
    ],
  },
  'changing-all-rows': {
    wrong: ['UPDATE t SET a = 1', 'DELETE FROM t'],
    right: ['DELETE FROM t WHERE a = 1', 'DELETE FROM t LIMIT 9'],
  },
  'narrowing-column': {
    wrong: [
      'ALTER TABLE t MODIFY a smallint',
      'ALTER TABLE t MODIFY name varchar(10)',
      'ALTER TABLE bare MODIFY body varchar(100)',
    ],
    right: ['ALTER TABLE t MODIFY a bigint', 'ALTER TABLE t MODIFY name varchar(30)', 'ALTER TABLE t MODIFY name text'],
  },
  'adding-not-nullable-field': {
    wrong: ['ALTER TABLE t MODIFY a int NOT NULL'],
    right: ['ALTER TABLE t MODIFY n int NOT NULL DEFAULT 3', 'ALTER TABLE t ADD b int NOT NULL DEFAULT 0'],
  },
  'ban-drop-not-null': {
    wrong: ['ALTER TABLE t MODIFY n int'],
    right: ['ALTER TABLE t MODIFY a int', 'ALTER TABLE t MODIFY id int'],
  },
  'adding-required-field': {
    wrong: ['ALTER TABLE t ADD b int NOT NULL'],
    right: ['ALTER TABLE t ADD b int NOT NULL DEFAULT 0', 'ALTER TABLE t ADD b int'],
  },
  'renaming-column': {
    wrong: ['ALTER TABLE t RENAME COLUMN a TO b', 'ALTER TABLE t CHANGE a b int'],
    right: ['ALTER TABLE t CHANGE a a int', 'ALTER TABLE t RENAME INDEX t_name TO i'],
  },
  'renaming-table': {
    wrong: ['RENAME TABLE t TO u', 'ALTER TABLE t RENAME TO u'],
    right: ['ALTER TABLE t RENAME COLUMN a TO b'],
  },
  'ban-drop-column': {
    wrong: ['ALTER TABLE t DROP COLUMN a', 'ALTER TABLE t DROP a'],
    right: ['ALTER TABLE t DROP INDEX t_name'],
  },
  'ban-drop-table': { wrong: ['DROP TABLE t', 'DROP TABLE IF EXISTS `t`, parent'], right: ['DROP VIEW v'] },
  'ban-drop-database': { wrong: ['DROP DATABASE shop'], right: ['DROP TABLE t'] },
  'ban-drop-view': { wrong: ['DROP VIEW IF EXISTS v'], right: ['DROP TABLE t'] },
  'ban-drop-trigger': { wrong: ['DROP TRIGGER g'], right: ['DROP TABLE t'] },
  'ban-drop-function': { wrong: ['DROP FUNCTION f', 'DROP PROCEDURE IF EXISTS p'], right: ['DROP VIEW v'] },
  'ban-drop-constraint': { wrong: ['ALTER TABLE t DROP FOREIGN KEY c'], right: ['ALTER TABLE t DROP INDEX t_name'] },
  'ban-drop-index': {
    wrong: ['ALTER TABLE t DROP INDEX t_name', 'DROP INDEX t_name ON t'],
    right: ['ALTER TABLE t DROP COLUMN a'],
  },
  'ban-truncate': { wrong: ['TRUNCATE TABLE t', 'TRUNCATE t'], right: ['DELETE FROM t WHERE a = 1'] },
  'require-primary-key': {
    wrong: ['CREATE TABLE u (a int)'],
    right: ['CREATE TABLE u (a int PRIMARY KEY)', 'CREATE TABLE u LIKE t', 'CREATE TEMPORARY TABLE u (a int)'],
  },
  'prefer-utf8mb4': {
    wrong: ['CREATE TABLE u (a int PRIMARY KEY) CHARSET=utf8', 'ALTER TABLE t ADD b varchar(9) CHARACTER SET latin1'],
    right: ['CREATE TABLE u (a int PRIMARY KEY) DEFAULT CHARSET = utf8mb4'],
  },
  'prefer-innodb': {
    wrong: ['CREATE TABLE u (a int PRIMARY KEY) ENGINE=MyISAM'],
    right: ['CREATE TABLE u (a int PRIMARY KEY) ENGINE = InnoDB'],
  },
  'require-algorithm': { wrong: ['ALTER TABLE t ADD b int'], right: ['ALTER TABLE t ADD b int, ALGORITHM=INSTANT'] },
  'prefer-bigint-over-int': {
    wrong: ['CREATE TABLE u (id int NOT NULL AUTO_INCREMENT PRIMARY KEY)'],
    right: ['CREATE TABLE u (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, n int)'],
  },
};

async function broken(family: 'mysql' | 'mariadb', text: string): Promise<string[]> {
  const dialect = dialectOf(family);
  const known = new KnownTables(['']);
  const rules: string[] = [];
  for (const script of [setup, text]) {
    const statements = await dialect.split(script, 'script');
    const facts = newScript(statements);
    known.becomeOld();
    for (const statement of statements) {
      const { findings } = await dialect.analyse(statement.text, known, facts);
      if (script === text) rules.push(...findings.map(({ rule }) => rule.name));
    }
  }
  return [...new Set(rules)];
}

it('has a case for every rule', async () => {
  const rules = (await dialectOf('mysql').rules()).map(({ name }) => name);
  expect(Object.keys(cases).toSorted()).toEqual(rules.toSorted());
  expect(new Set(rules).size).toBe(rules.length);
});

it.each(Object.entries(cases))('%s is found where it is, and not where it is not', async (rule, { wrong, right }) => {
  for (const family of ['mysql', 'mariadb'] as const) {
    for (const text of wrong) expect(await broken(family, text), `${family}: ${text}`).toContain(rule);
    for (const text of right) expect(await broken(family, text), `${family}: ${text}`).not.toContain(rule);
  }
});

it('says nothing of tables that the same scripts make, except of style', async () => {
  const rules = await broken(
    'mysql',
    `CREATE TABLE fresh (id int PRIMARY KEY, a int); ALTER TABLE fresh MODIFY a bigint, DROP PRIMARY KEY;
    ALTER TABLE fresh ADD CHECK (a > 0); ALTER TABLE fresh RENAME COLUMN a TO b; DROP TABLE fresh;`,
  );
  const topics = new Map((await dialectOf('mysql').rules()).map(({ name, topic }) => [name, topic]));
  expect(rules.filter((name) => topics.get(name) !== 'style')).toEqual([]);
});
