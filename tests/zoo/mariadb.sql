-- Objects and rows of every kind that Lockstep carries on MariaDB, with the traps of a dump and restore.
-- Run with sql_mode = '' so that rows of older days (zero dates, invalid enum values) can be made.

CREATE TABLE numbers (
  id int NOT NULL AUTO_INCREMENT,
  t tinyint, s smallint unsigned, m mediumint, i int(8) unsigned zerofill, b bigint, bu bigint unsigned,
  d decimal(65,30), d0 decimal(20,0) DEFAULT -1, f float, f_old float(7,3), g double, g_old double(10,3), bo boolean DEFAULT true,
  bi bit(10) DEFAULT b'1010000011', bi64 bit(64), y year,
  PRIMARY KEY (id)
) AUTO_INCREMENT=100 COMMENT='Zahlen: ''x'' \\ "y"
second line';
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
INSERT INTO numbers VALUES
  (0, -128, 65535, -8388608, 42, -9223372036854775808, 18446744073709551615,
   -99999999999999999999999999999999999.999999999999999999999999999999, 12345678901234567890,
   3.4028234663852886e38, 1234.567, 1.7976931348623157e308, 1.1, 0, b'1111111111', 0xffffffffffffffff, 2155),
  (1, 127, 0, 8388607, 0, 9223372036854775807, 0, 0.000000000000000000000000000001, 0, 1.401298464324817e-45, -0.001, 5e-324, -0.5, 1, b'0', 0, 0),
  (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, -0e0, NULL, -0e0, NULL, NULL, NULL, NULL, NULL),
  (3, 0, 1, 2, 3, 4, 5, 6.5, 7, 0.1, 0.1, 0.1, 0.1, 0, b'1', 1, 1901),
  (4, 0, 1, 2, 3, 4, 5, 6.5, 7, 16777216, 1, 2.2250738585072014e-308, 1, 0, b'1', 1, 1999),
  (5, 0, 1, 2, 3, 4, 5, 6.5, 7, 8388608.5, 1, 0.30000000000000004, 1, 0, b'1', 1, 2000);
SET sql_mode = '';

CREATE TABLE times (
  id int unsigned NOT NULL,
  d date NOT NULL DEFAULT '0000-00-00', dt datetime(6) DEFAULT '2000-01-01 00:00:00.123456', t time(3), ts timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  ts6 timestamp(6) NULL DEFAULT CURRENT_TIMESTAMP(6), y year DEFAULT 2024,
  PRIMARY KEY (id)
);
INSERT INTO times VALUES
  (1, '0000-00-00', '0000-00-00 00:00:00', '-838:59:59', '0000-00-00 00:00:00', NULL, 0),
  (2, '2024-00-10', '2024-01-00 00:00:00', '838:59:59', '1970-01-01 00:00:01', '2038-01-19 03:14:07.999999', 1901),
  (3, '9999-12-31', '9999-12-31 23:59:59.999999', '00:00:00.001', '2024-03-31 01:30:00', '2024-10-27 00:30:00.5', 2155);
SET sql_mode = 'ALLOW_INVALID_DATES';
INSERT INTO times (id, d, dt) VALUES (4, '2024-02-31', '2023-11-31 12:00:00');
SET sql_mode = '';

CREATE TABLE texts (
  id varchar(20) COLLATE utf8mb4_bin NOT NULL,
  c char(5), v varchar(300) DEFAULT 'it''s \\ a "default" %', tt tinytext, tx text COLLATE utf8mb4_unicode_ci, mt mediumtext, lt longtext NOT NULL,
  u3 varchar(20) CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci, asc7 varchar(40) CHARACTER SET ascii COLLATE ascii_bin, l1 varchar(256) CHARACTER SET latin1,
  gb varchar(20) CHARACTER SET gbk, u16 varchar(20) CHARACTER SET utf16 COLLATE utf16_general_ci, sj text CHARACTER SET sjis, l2 char(20) CHARACTER SET latin2, sw varchar(9) CHARACTER SET swe7,
  e enum('a','it''s','ünï','',',') DEFAULT 'ünï', st set('x','y','z y') NOT NULL DEFAULT 'x,z y', el enum('ä','b') CHARACTER SET latin1,
  PRIMARY KEY (id), KEY prefix (tx(10), v(5) DESC), FULLTEXT KEY words (v, mt)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
INSERT INTO texts (id, lt) VALUES ('empty', '');
INSERT INTO texts VALUES
  ('controls', '\0\b\t\n\r', '\Z''\\"`%_;', 'a\nb\r\nc', '-- x\n', '/* ; */', 'DELIMITER $$\n\\.\n', '\u2028', 'ascii', CONVERT(UNHEX('008081FF') USING latin1), NULL, NULL, NULL, NULL, NULL, '', '', 'ä'),
  ('planes', 'é€😀', '𝄞 𠜎 🏴󠁧󠁢󠁥󠁮󠁧󠁿', 'ÿ', '￿', '􏿽', CONCAT('日本語', REPEAT('€', 1000)), 'é€日', '', 'ÿ€Š', '中文', '日😀', 'ｱ日本', 'ŠČŘ', 'ABC', 'it''s', 'x,y,z y', 'ä'),
  ('NULL', NULL, 'NULL', NULL, NULL, NULL, 'NULL', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'z y', NULL),
  ('invalid enum', NULL, NULL, NULL, NULL, NULL, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'not in it', '', NULL);

CREATE TABLE bytes (
  id binary(16) NOT NULL,
  b binary(4) DEFAULT 0x00ff, vb varbinary(20) DEFAULT 'a\0b', tb tinyblob, bl blob, mb mediumblob, lb longblob,
  PRIMARY KEY (id), KEY part (bl(20), vb)
) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8;
INSERT INTO bytes VALUES (0x00, '', '', '', '', '', ''), (UNHEX('00112233445566778899AABBCCDDEEFF'), 0xffffffff, 0x27, 0x5c27, 0x000a0d1a, 'NULL', REPEAT(0x00ff, 40000)),
  (0xff, NULL, NULL, NULL, NULL, NULL, NULL);

CREATE TABLE documents (
  id bigint NOT NULL AUTO_INCREMENT,
  doc json NOT NULL, extra json DEFAULT (json_object('a', 1)), name varchar(100) GENERATED ALWAYS AS (json_unquote(json_extract(doc, '$.name'))) VIRTUAL,
  hash char(64) CHARACTER SET ascii COLLATE ascii_bin GENERATED ALWAYS AS (sha2(coalesce(name, '-'), 256)) STORED COMMENT 'of the name',
  PRIMARY KEY (id), KEY hash (hash), KEY backwards (name, id DESC), KEY hidden (name) COMMENT 'not "used"' IGNORED
) AUTO_INCREMENT=9007199254740993;
INSERT INTO documents (doc) VALUES
  ('{"name": "ä\\u0000\\n😀\\"''", "tags": ["a", "b"], "n": [1.0, 1e100, 123456789012345678901234567890, -0.0, 0.1, 18446744073709551615]}'),
  (JSON_OBJECT('name', 'decimals', 'tags', JSON_ARRAY(), 'n', 1.10, 'at', CAST('2024-01-01 10:00:00.5' AS DATETIME(6)), 'b', 1)), ('"text"'), ('null');

CREATE TABLE places (
  id int NOT NULL, p point REF_SYSTEM_ID=4326 NOT NULL, g geometry, l linestring, pg polygon, mp multipoint, gc geometrycollection,
  PRIMARY KEY (id), SPATIAL KEY p (p)
);
INSERT INTO places VALUES (1, ST_GeomFromText('POINT(52.5 13.4)', 4326), ST_GeomFromText('POINT(1 2)'), ST_GeomFromText('LINESTRING(0 0, 1 1)'),
  ST_GeomFromText('POLYGON((0 0, 1 0, 1 1, 0 0))'), ST_GeomFromText('MULTIPOINT(0 0, 1 1)'), ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1))')),
  (2, ST_GeomFromText('POINT(0 0)', 4326), NULL, NULL, NULL, NULL, NULL);

CREATE TABLE defaults (
  id char(36) NOT NULL DEFAULT (uuid()), n int NOT NULL DEFAULT '0', s varchar(10) NOT NULL DEFAULT '', nul varchar(10) DEFAULT NULL,
  word varchar(20) DEFAULT 'CURRENT_TIMESTAMP', expr int DEFAULT ((1 + 2) * 3), dat datetime DEFAULT (now() + interval 1 day), txt text DEFAULT ('x''y\\z'),
  secret int INVISIBLE DEFAULT 7, only_generated int GENERATED ALWAYS AS (n + 1) VIRTUAL INVISIBLE, ran double DEFAULT rand(), PRIMARY KEY (id)
);
INSERT INTO defaults (id, n, secret) VALUES ('a', 1, 8), ('b', 2, NULL);
CREATE TABLE all_generated (a int GENERATED ALWAYS AS (1) STORED, b int GENERATED ALWAYS AS (a + 1) VIRTUAL);
INSERT INTO all_generated VALUES (), ();

CREATE TABLE ids (
  u uuid NOT NULL DEFAULT uuid(), i4 inet4, i6 inet6, co text COMPRESSED, cb blob COMPRESSED, PRIMARY KEY (u)
) PAGE_COMPRESSED=1;
INSERT INTO ids VALUES ('123e4567-e89b-12d3-a456-426655440000', '192.168.0.1', '2001:db8::ff00:42:8329', REPEAT('x', 1000), 0x00ff), (uuid(), NULL, NULL, NULL, NULL);

CREATE TABLE no_key (a int, b text);
INSERT INTO no_key VALUES (1, 'x'), (1, 'x'), (NULL, NULL);
CREATE TABLE empty_table (id int NOT NULL PRIMARY KEY);
CREATE TABLE `weird ``name`` "q" 'a' %_;--` (`select` int NOT NULL, `a``b` int, `ünï 日` int, `Upper` int, `10` int, PRIMARY KEY (`select`), KEY `key ``1``` (`a``b`));
INSERT INTO `weird ``name`` "q" 'a' %_;--` VALUES (1, 2, 3, 4, 5);

CREATE TABLE parents (
  id int NOT NULL, code varchar(10) NOT NULL, tenant int NOT NULL, PRIMARY KEY (id), UNIQUE KEY code (code), UNIQUE KEY tenant (tenant, id),
  CONSTRAINT code_given CHECK (code <> 'it''s \\ "x"')
);
CREATE TABLE children (
  id int NOT NULL AUTO_INCREMENT, parent int, parent_code varchar(10) CHECK (parent_code <> 'column'), tenant int, self int,
  PRIMARY KEY (tenant, id), KEY counted (id), KEY self (tenant, self),
  CONSTRAINT to_parent FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE CASCADE ON UPDATE SET NULL,
  CONSTRAINT to_code FOREIGN KEY (parent_code) REFERENCES parents (code) ON DELETE RESTRICT,
  CONSTRAINT to_self FOREIGN KEY (tenant, self) REFERENCES children (tenant, id),
  FOREIGN KEY (tenant, parent) REFERENCES parents (tenant, id), CHECK (parent_code <> '')
);
CREATE TABLE circle_a (id int NOT NULL PRIMARY KEY, b int);
CREATE TABLE circle_b (id int NOT NULL PRIMARY KEY, a int, CONSTRAINT b_to_a FOREIGN KEY (a) REFERENCES circle_a (id));
ALTER TABLE circle_a ADD CONSTRAINT a_to_b FOREIGN KEY (b) REFERENCES circle_b (id);
INSERT INTO parents VALUES (1, 'a', 1), (2, 'b', 1);
INSERT INTO children (parent, parent_code, tenant, self) VALUES (1, 'a', 1, NULL), (2, 'b', 1, 1);
SET foreign_key_checks = 0;
INSERT INTO circle_a VALUES (1, 1);
INSERT INTO circle_b VALUES (1, 1);
SET foreign_key_checks = 1;

CREATE TABLE by_range (id int NOT NULL, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE COLUMNS (at)
  (PARTITION p1 VALUES LESS THAN ('2020-01-01') COMMENT 'old', PARTITION `p 2` VALUES LESS THAN (MAXVALUE));
CREATE TABLE by_list (id int NOT NULL, kind varchar(10) NOT NULL, PRIMARY KEY (id, kind)) PARTITION BY LIST COLUMNS (kind)
  (PARTITION a VALUES IN ('a', 'it''s'), PARTITION b VALUES IN ('b', ''));
CREATE TABLE by_hash (id int NOT NULL, at datetime NOT NULL, PRIMARY KEY (id, at)) PARTITION BY LINEAR HASH (to_days(at)) PARTITIONS 3;
CREATE TABLE by_key (id int NOT NULL PRIMARY KEY) PARTITION BY KEY () PARTITIONS 2;
CREATE TABLE by_both (id int NOT NULL, n int NOT NULL, PRIMARY KEY (id, n)) PARTITION BY RANGE (id) SUBPARTITION BY HASH (n) SUBPARTITIONS 2
  (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20) );
INSERT INTO by_range VALUES (1, '2019-01-01'), (2, '2024-01-01');
INSERT INTO by_list VALUES (1, 'a'), (2, '');
INSERT INTO by_hash VALUES (1, '2024-01-01'), (2, '2024-01-02'), (3, '2024-01-03');
INSERT INTO by_key VALUES (1), (2), (3);
INSERT INTO by_both VALUES (1, 1), (1, 2), (15, 1);

CREATE TABLE options (id int NOT NULL PRIMARY KEY) ENGINE=InnoDB ROW_FORMAT=REDUNDANT STATS_PERSISTENT=0 STATS_AUTO_RECALC=1 STATS_SAMPLE_PAGES=10 CHARACTER SET latin1 COLLATE latin1_german1_ci COMMENT='options';

CREATE TABLE log (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, what varchar(50), n int);
CREATE FUNCTION twice(n int) RETURNS int DETERMINISTIC NO SQL COMMENT 'n * 2' RETURN n * 2;
CREATE FUNCTION label(n int, s varchar(20) CHARACTER SET latin1) RETURNS varchar(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin READS SQL DATA SQL SECURITY INVOKER
  RETURN concat(s, ' ünï; ', n);
CREATE PROCEDURE `add log`(IN what varchar(50), OUT n int, INOUT sum decimal(10,2)) MODIFIES SQL DATA
BEGIN
  DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN SET n = -1; END;
  -- a comment; with a semicolon
  IF what = 'it''s' THEN INSERT INTO log (what) VALUES (what); END IF;
  SELECT count(*), sum + 1 INTO n, sum FROM log;
END;
SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT';
CREATE PROCEDURE ansi() SELECT "what" || 'x' AS "y" FROM "log";
SET sql_mode = '';
-- MariaDB shows the head of a trigger as it was typed, and Lockstep's quotes every name.
CREATE TRIGGER `before_child` BEFORE INSERT ON `children` FOR EACH ROW SET NEW.self = coalesce(NEW.self, NULL);
CREATE TRIGGER `after_child` AFTER INSERT ON `children` FOR EACH ROW BEGIN
  INSERT INTO log (what, n) VALUES ('child', NEW.id);
END;
CREATE TRIGGER `another_child` AFTER INSERT ON `children` FOR EACH ROW PRECEDES after_child INSERT INTO log (what) VALUES ('first');
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2024-01-01 02:00:00' ON COMPLETION PRESERVE DISABLE COMMENT 'cleans; up' DO BEGIN DELETE FROM log WHERE n < 0; END;
CREATE EVENT once ON SCHEDULE AT '2037-01-01 00:00:00' DO DELETE FROM log;

CREATE VIEW z_base AS SELECT id, name FROM documents WHERE name <> 'it''s' WITH CASCADED CHECK OPTION;
CREATE ALGORITHM=MERGE SQL SECURITY INVOKER VIEW a_on_view (i, twice) AS SELECT id, twice(id) FROM z_base;
CREATE ALGORITHM=TEMPTABLE VIEW totals AS SELECT parent, count(*) AS `all`, group_concat(code ORDER BY code SEPARATOR '; ') AS codes FROM children JOIN parents ON parents.id = children.parent GROUP BY parent;
CREATE VIEW with_rows AS WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i, label(i, 'x') AS l FROM n;
