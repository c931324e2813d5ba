import { beforeAll, expect, it } from 'vitest';
import { compareThings, verdictOf } from '#core/migrate/effect.js';
import { homeOf } from '#core/state/tables.js';
import { raw } from '#core/database/sql.js';
import type { MysqlSession } from '#core/database/mysql/session.js';
import { fingerprint } from '#core/shape/fingerprint.js';
import { reasonOf } from '#core/errors.js';
import { describeEachEngine, everyServer } from '../../../../../tests/fixtures/engines.ts';
import { openFresh } from './servers.ts';
import type { Opened } from './servers.ts';

const objects = `
  CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, a int, b int, name varchar(20), KEY a (a));
  INSERT INTO t VALUES (1, 10, 100, 'one'), (2, 20, 200, 'two');
  CREATE TABLE u (id int PRIMARY KEY, a int);
  INSERT INTO u VALUES (7, 70);
  CREATE TABLE same (id int PRIMARY KEY, a int);
  CREATE TABLE parent (id int PRIMARY KEY);
  CREATE TABLE child (id int PRIMARY KEY, parent int, CONSTRAINT parent_key FOREIGN KEY (parent) REFERENCES parent (id));
  CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20));
  INSERT INTO parted VALUES (1), (11);
  CREATE VIEW v AS SELECT id FROM t;
  CREATE VIEW w AS SELECT id FROM u;
  CREATE PROCEDURE p() INSERT INTO u (id) SELECT max(id) + 1 FROM u AS other;
  CREATE FUNCTION f() RETURNS int DETERMINISTIC RETURN 1;
  CREATE TRIGGER x BEFORE INSERT ON same FOR EACH ROW SET NEW.a = 1;
  CREATE EVENT e ON SCHEDULE EVERY 1 YEAR STARTS '2036-01-01 00:00:00' DO SELECT 1;
`;

const statements = `
  CREATE TABLE n (id int)
  CREATE TABLE IF NOT EXISTS n (id int)
  CREATE TABLE IF NOT EXISTS t (id int)
  CREATE TABLE n SELECT * FROM t
  CREATE TABLE IF NOT EXISTS u (id int) SELECT 9 AS id
  CREATE TABLE n LIKE t
  CREATE INDEX n ON t (name)
  CREATE INDEX n USING BTREE ON t (name)
  DROP INDEX a ON t
  ALTER TABLE t ADD COLUMN n int
  ALTER TABLE t DROP COLUMN b
  ALTER TABLE t MODIFY COLUMN a int FIRST
  ALTER TABLE t MODIFY COLUMN a int
  ALTER TABLE t RENAME COLUMN a TO b, RENAME COLUMN b TO a
  ALTER TABLE t CHANGE a b int, CHANGE b a int
  ALTER TABLE t DROP COLUMN b, RENAME COLUMN a TO b, ADD COLUMN a int AFTER id
  ALTER TABLE t DROP COLUMN b, CHANGE a b int, ADD a int AFTER id
  ALTER TABLE t ADD COLUMN n int DEFAULT 3, DROP COLUMN a
  ALTER TABLE t DROP COLUMN b, ADD COLUMN b int
  ALTER TABLE t ENGINE = InnoDB
  ALTER TABLE t FORCE
  ALTER TABLE t AUTO_INCREMENT = 50
  ALTER TABLE t ORDER BY a DESC
  ALTER TABLE t COMMENT = 'x'
  ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
  ALTER TABLE t RENAME TO n
  ALTER TABLE t RENAME INDEX a TO n
  ALTER TABLE t ADD CONSTRAINT n CHECK (a > 0)
  ALTER TABLE t ADD UNIQUE (name)
  ALTER TABLE child DROP FOREIGN KEY parent_key
  ALTER TABLE parted DROP PARTITION p0
  ALTER TABLE parted TRUNCATE PARTITION p0
  ALTER TABLE parted REBUILD PARTITION p0
  ALTER TABLE parted ANALYZE PARTITION p0
  ALTER TABLE parted ADD PARTITION (PARTITION p2 VALUES LESS THAN (30))
  ALTER TABLE parted REMOVE PARTITIONING
  ALTER TABLE u ENGINE = MyISAM
  RENAME TABLE t TO n
  RENAME TABLE t TO old, u TO t
  RENAME TABLE u TO n, same TO u, n TO same
  DROP TABLE u
  DROP TABLE child, parent
  DROP TABLE IF EXISTS u, nowhere
  DROP VIEW v
  DROP VIEW v, w
  CREATE VIEW n AS SELECT 1 AS one WHERE EXISTS (SELECT 2)
  CREATE OR REPLACE VIEW v AS SELECT 2 AS two
  ALTER VIEW v AS SELECT 3 AS three
  CREATE PROCEDURE n() SELECT 1
  CREATE PROCEDURE n() BEGIN SELECT 1; SELECT 2; END
  ALTER PROCEDURE p COMMENT 'x'
  DROP PROCEDURE p
  DROP FUNCTION f
  CREATE FUNCTION n() RETURNS int DETERMINISTIC BEGIN RETURN 2; END
  CREATE TRIGGER n AFTER INSERT ON same FOR EACH ROW DELETE FROM u
  DROP TRIGGER x
  CREATE EVENT n ON SCHEDULE EVERY 1 DAY STARTS '2036-01-01 00:00:00' DO SELECT 1
  ALTER EVENT e DISABLE
  ALTER EVENT e RENAME TO n
  DROP EVENT e
  DROP EVENT IF EXISTS nowhere
  TRUNCATE TABLE t
  TRUNCATE u
  ANALYZE TABLE t
  OPTIMIZE TABLE t
  CHECK TABLE t
  FLUSH TABLES
  SHOW TABLES
  EXPLAIN SELECT 1
  INSERT INTO t (a) VALUES (30)
  INSERT INTO u SELECT id, a FROM t
  REPLACE INTO u VALUES (7, 71)
  UPDATE t SET a = a + 1
  UPDATE t, u SET t.a = u.a
  DELETE FROM t
  WITH one AS (SELECT 1 AS id) DELETE FROM t WHERE id IN (SELECT id FROM one)
  SELECT a INTO @a FROM t LIMIT 1
  DO SLEEP(0)
  SET @a = 5
  SET SESSION sort_buffer_size = 300000
  SET GLOBAL sort_buffer_size = 262144
  CREATE TEMPORARY TABLE n (id int)
  PREPARE q FROM 'SELECT 1'
  CREATE USER IF NOT EXISTS lockstep_effects
  GRANT SELECT ON t TO lockstep_effects
  DROP USER IF EXISTS lockstep_effects
  CALL p()
  CREATE SEQUENCE n
  CREATE OR REPLACE TABLE u (id int)
  CREATE OR REPLACE TABLE u SELECT id FROM t
  CREATE OR REPLACE TRIGGER x BEFORE INSERT ON same FOR EACH ROW SET NEW.a = 2
  ALTER TABLE u ADD SYSTEM VERSIONING
  ALTER TABLE parted CONVERT PARTITION p0 TO TABLE n
  ALTER TABLE parted EXCHANGE PARTITION p0 WITH TABLE n
  SET STATEMENT max_statement_time = 10 FOR ALTER TABLE t ADD COLUMN n int
  BEGIN NOT ATOMIC INSERT INTO u (id) VALUES (1); END`
  .trim()
  .split('\n')
  .map((line) => line.trim());

/** Known to one of the two only; the other one's error says so. */
const isUnknown = (error: unknown): boolean =>
  /syntax|1064|doesn't exist|1286|not supported|Unknown/.test(error === undefined ? '' : reasonOf(error));

describeEachEngine(
  'what is said of a statement holds',
  (engine) => {
    let opened: Opened;
    beforeAll(async () => {
      opened = await openFresh(engine);
    });

    /** All that a statement can change: definitions, rows, and what the shape does not know. */
    const stateOf = async (session: MysqlSession): Promise<string> => {
      const shape = await session.describe();
      const tables = await session.query(
        raw(`SELECT table_name AS name FROM information_schema.tables
        WHERE table_schema = DATABASE() AND table_type NOT IN ('VIEW', 'SEQUENCE', 'TEMPORARY') ORDER BY table_name`),
      );
      const rows: unknown[] = [];
      for (const { name } of tables)
        rows.push([name, await session.query(raw(`SELECT * FROM \`${name ?? ''}\` ORDER BY 1`))]);
      return JSON.stringify([fingerprint(shape), shape.unsupported.filter(({ kind }) => kind !== 'temporary'), rows]);
    };

    it.each(statements)('%s', async (text) => {
      const { database } = opened;
      const { dialect } = database;
      const session = await database.session({ purpose: 'test' });
      try {
        await session.wipe();
        await session.execute('DROP TABLE IF EXISTS n');
        if (engine.family === 'mariadb') await session.execute('DROP SEQUENCE IF EXISTS n');
        for (const one of await dialect.split(objects, 'x')) await session.execute(one.text);
        const [statement] = await dialect.split(text, 'x');
        if (!statement) throw new Error('no statement');

        const before = await stateOf(session);
        if (statement.transactional) {
          const undo = new Error('undo');
          const end = session.transaction(async () => {
            await session.execute(text);
            throw undo;
          });
          expect([undo, 'unknown']).toContain(
            await end.catch((error: unknown) => (isUnknown(error) ? 'unknown' : error)),
          );
          expect(await stateOf(session)).toBe(before);
          return;
        }
        const observation = await dialect.effects.observe(session, statement);
        const facts = { before: JSON.stringify(observation.things), leftovers: '[]' };
        const error = await session.execute(text).catch((thrown: unknown) => thrown);
        if (error !== undefined) {
          expect([text, reasonOf(error), isUnknown(error)]).toEqual([text, reasonOf(error), true]);
          return;
        }
        const once = await stateOf(session);
        const verdict = verdictOf(await compareThings(homeOf(session, dialect, []), statement, facts));
        if (statement.effect === 'unprovable') expect(verdict).toBe('unknown');
        if (statement.effect === 'provable' && verdict === 'happened') return;
        if (statement.effect === 'unprovable') return;
        // Whatever does not show may be done again, and that makes no difference.
        if (statement.effect === 'provable') expect(verdict).toBe('not happened');
        await session.execute(text);
        expect(await stateOf(session)).toBe(once);
      } finally {
        await session.close();
      }
    });
  },
  (engine) => everyServer(engine) && engine.family !== 'postgres',
);
