import { beforeAll, describe, expect, it } from 'vitest';
import type { MysqlSession } from '#core/database/mysql/session.js';
import type { MysqlDatabase } from '#core/database/mysql/mysql-database.js';
import { raw } from '#core/database/sql.js';
import { diffShapes } from '#core/shape/diff.js';
import { fingerprint } from '#core/shape/fingerprint.js';
import type { Shape } from '#core/shape/shape.js';
import { engines } from '../../../../../tests/fixtures/engines.ts';
import { schemaDump } from '../../../../../tests/fixtures/schema-dump.ts';
import { describeEachServer, loadZoo, makeShape, nameOf, openFresh, type Opened } from './servers.ts';

const shapes = new Map<string, Shape>();

describeEachServer('the description', (engine) => {
  let zoo: Opened;
  let session: MysqlSession;
  let shape: Shape;

  beforeAll(async () => {
    zoo = await openFresh(engine);
    session = await loadZoo(zoo.database);
    shape = await session.describe();
    shapes.set(engine.name, shape);
  });

  it('carries the zoo as a whole, and names every object once', () => {
    expect(shape.unsupported).toEqual([]);
    const names = shape.objects.map(({ kind, name }) => JSON.stringify([kind, name]));
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(shape.tables.map(({ label }) => label)).size).toBe(shape.tables.length);
  });

  it('names no database, and no definer', () => {
    const text = JSON.stringify(shape);
    expect(text).not.toContain(nameOf(zoo.url));
    expect(text).not.toMatch(/definer=/i);
  });

  it('has DDL that makes the same shape in another database, as the server itself describes it', async () => {
    const copy = await openFresh(engine);
    const target = await copy.database.session();
    await makeShape(target, shape);
    const again = await target.describe();
    expect(diffShapes(shape, again)).toEqual([]);
    expect(fingerprint(again)).toBe(fingerprint(shape));
    expect(again.before).toEqual(shape.before);
    expect(again.after).toEqual(shape.after);
    expect(comparable(await schemaDump(copy))).toEqual(comparable(await schemaDump(zoo)));
    await target.close();
  });

  it('has drops for what slows a load down, and puts it back', async () => {
    const copy = await openFresh(engine);
    const target = await copy.database.session();
    await makeShape(target, shape);
    for (const { drop } of shape.after.toReversed()) if (drop !== undefined) await target.execute(drop);
    const bare = await target.describe();
    const kinds = new Set(bare.objects.map(({ kind }) => kind));
    expect([...kinds].filter((kind) => ['foreign key', 'trigger', 'event', 'index'].includes(kind))).toEqual(['index']);
    expect(bare.objects.filter(({ kind }) => kind === 'index').map(({ name }) => name)).toEqual(['children.counted']);
    for (const { create, drop } of shape.after) if (drop !== undefined) await target.execute(create);
    expect(diffShapes(shape, await target.describe())).toEqual([]);
    await target.close();
  });

  it('leaves out the tables of Lockstep, and what they have', async () => {
    for (const statement of zoo.database.dialect.ownTables('')) await session.execute(statement);
    expect(fingerprint(await session.describe())).toBe(fingerprint(shape));
  });

  it('does not depend on the settings of the session', async () => {
    const odd = await zoo.database.session();
    await odd.execute(`SET sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES,TRADITIONAL', time_zone = '+09:00'`);
    expect(diffShapes(shape, await odd.describe())).toEqual([]);
    await odd.close();
  });

  it('does not depend on the client that made views and programs, and carries what they remember of it', async () => {
    const { database } = await openFresh(engine);
    const made = await database.session();
    const making = [
      'CREATE TABLE t (a int, b varchar(10))',
      `CREATE VIEW v AS SELECT b, 'x' AS c FROM t`,
      'CREATE FUNCTION f() RETURNS int DETERMINISTIC RETURN 1',
      'CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1',
      'CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t',
    ];
    for (const statement of making) await made.execute(statement);
    const first = await made.describe();
    await made.wipe();
    await made.execute(`SET collation_connection = 'utf8mb4_bin', sql_mode = CONCAT('IGNORE_SPACE,', @@sql_mode)`);
    for (const statement of making) await made.execute(statement);
    const second = await made.describe();
    expect(diffShapes(first, second)).toEqual([]);
    expect(fingerprint(second)).toBe(fingerprint(first));
    expect(second.after.filter(({ create }) => create.includes('utf8mb4_bin'))).toHaveLength(4);
    expect(second.after.filter(({ create }) => create.includes('IGNORE_SPACE'))).toHaveLength(3);
    await made.close();
  });

  it('takes a number of queries that does not depend on the number of tables', async () => {
    const { database } = await openFresh(engine);
    const few = await database.session();
    await few.execute('CREATE TABLE t0 (id int PRIMARY KEY, a int, KEY (a))');
    const withOne = await countQueries(few);
    for (let index = 1; index < 30; index += 1) await few.execute(`CREATE TABLE t${index} LIKE t0`);
    expect(await countQueries(few)).toBe(withOne);
    await few.close();
  });

  describe('finds a change:', () => {
    let changed: MysqlSession;

    beforeAll(async () => {
      changed = await (await openFresh(engine)).database.session();
      return () => changed.close();
    });

    it.each(changes(engine.family))('%s', async (_, before, after, expected) => {
      await changed.wipe();
      for (const statement of before) await changed.execute(statement);
      const first = await changed.describe();
      expect(first.unsupported).toEqual([]);
      for (const statement of after) await changed.execute(statement);
      const differences = diffShapes(first, await changed.describe());
      expect(differences.map(({ kind, name, what }) => `${what} ${kind} ${name}`)).toEqual(expected);
    });
  });

  describe('names what it cannot carry:', () => {
    let database: MysqlDatabase;

    beforeAll(async () => {
      ({ database } = await openFresh(engine));
    });

    it.each(notCarried(engine.family))('%s', async (kind, statements, name) => {
      const other = await database.session();
      await other.wipe();
      expect((await other.describe()).objects).toEqual([]);
      for (const statement of statements) await other.execute(statement.replaceAll('OTHER', nameOf(zoo.url)));
      expect((await other.describe()).unsupported).toEqual([{ kind, name }]);
      await other.close();
    });
  });
});

describe('the zoo', () => {
  it('has the same fingerprint on every version of a family', () => {
    for (const family of ['mysql', 'mariadb']) {
      const [first, ...others] = engines
        .filter((engine) => engine.family === family)
        .flatMap(({ name }) => shapes.get(name) ?? []);
      for (const other of others) expect(first === undefined ? [] : diffShapes(first, other)).toEqual([]);
    }
  });
});

/** What a dump says, without an order that means nothing: keys of a table, and objects of a kind. */
function comparable(dump: string): string[] {
  return dump
    .replace(/TRIGGER `?(\w+)`? (\w+ \w+) ON `?(\w+)`? FOR EACH ROW\s+/g, 'TRIGGER $1 $2 ON $3 FOR EACH ROW ')
    .split('\n')
    .map((line) => line.replace(/,$/, '').replace(/DEFINER=`[^`]*`@`[^`]*`/g, ''))
    .toSorted();
}

async function countQueries(session: MysqlSession): Promise<number> {
  const read = async (): Promise<number> => {
    const [row] = await session.query(raw(`SHOW SESSION STATUS LIKE 'Questions'`));
    return Number(row?.['Value']);
  };
  const before = await read();
  await session.describe();
  return (await read()) - before;
}

type Change = [title: string, before: string[], after: string[], expected: string[]];

const table = 'CREATE TABLE t (id int NOT NULL PRIMARY KEY, a int, b varchar(10))';

function changes(family: string): Change[] {
  const common: Change[] = [
    ['a table', [table], ['CREATE TABLE u (x int)'], ['extra column u.x', 'extra table u']],
    ['its collation', [table], ['ALTER TABLE t COLLATE utf8mb4_bin'], ['changed table t']],
    ['its row format', [table], ['ALTER TABLE t ROW_FORMAT=COMPACT'], ['changed table t']],
    ['its comment', [table], [`ALTER TABLE t COMMENT 'x'`], ['extra comment table t']],
    ['the order of its columns', [table], ['ALTER TABLE t MODIFY a int AFTER b'], ['changed table t']],
    ['a column', [table], ['ALTER TABLE t ADD c int'], ['extra column t.c', 'changed table t']],
    ['a type', [table], ['ALTER TABLE t MODIFY a bigint'], ['changed column t.a']],
    ['a length', [table], ['ALTER TABLE t MODIFY b varchar(11)'], ['changed column t.b']],
    ['NOT NULL', [table], ['ALTER TABLE t MODIFY a int NOT NULL'], ['changed column t.a']],
    ['a default', [table], ['ALTER TABLE t ALTER a SET DEFAULT 1'], ['changed column t.a']],
    [
      'a default expression',
      [table],
      [`ALTER TABLE t MODIFY b varchar(10) DEFAULT (concat('a', 'b'))`],
      ['changed column t.b'],
    ],
    [
      'a generated column',
      [`${table.slice(0, -1)}, c int AS (a + 1))`],
      ['ALTER TABLE t MODIFY c int AS (a + 2)'],
      ['changed column t.c'],
    ],
    ['a collation', [table], ['ALTER TABLE t MODIFY b varchar(10) COLLATE utf8mb4_bin'], ['changed column t.b']],
    ['AUTO_INCREMENT', [table], ['ALTER TABLE t MODIFY id int NOT NULL AUTO_INCREMENT'], ['changed column t.id']],
    ['an invisible column', [table], ['ALTER TABLE t MODIFY a int INVISIBLE'], ['changed column t.a']],
    [
      'ON UPDATE',
      ['CREATE TABLE t (x datetime DEFAULT CURRENT_TIMESTAMP)'],
      ['ALTER TABLE t MODIFY x datetime DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP'],
      ['changed column t.x'],
    ],
    ['the comment of a column', [table], [`ALTER TABLE t MODIFY a int COMMENT 'x'`], ['extra comment column t.a']],
    ['a primary key', [table], ['ALTER TABLE t DROP PRIMARY KEY'], ['missing primary key t.PRIMARY']],
    ['a unique key', [table], ['ALTER TABLE t ADD UNIQUE KEY u (a)'], ['extra unique constraint t.u']],
    ['an index', [table], ['ALTER TABLE t ADD KEY i (a)'], ['extra index t.i']],
    [
      'the columns of an index',
      [`${table.slice(0, -1)}, KEY i (a, b))`],
      ['ALTER TABLE t DROP KEY i, ADD KEY i (b, a)'],
      ['changed index t.i'],
    ],
    [
      'the prefix of an index',
      [`${table.slice(0, -1)}, KEY i (b(5)))`],
      ['ALTER TABLE t DROP KEY i, ADD KEY i (b(6))'],
      ['changed index t.i'],
    ],
    [
      'the direction of an index',
      [`${table.slice(0, -1)}, KEY i (b))`],
      ['ALTER TABLE t DROP KEY i, ADD KEY i (b DESC)'],
      ['changed index t.i'],
    ],
    ['a full-text index', [table], ['ALTER TABLE t ADD FULLTEXT KEY f (b)'], ['extra index t.f']],
    [
      'a check',
      [`${table.slice(0, -1)}, CONSTRAINT c CHECK (a > 0))`],
      ['ALTER TABLE t DROP CONSTRAINT c, ADD CONSTRAINT c CHECK (a > 1)'],
      ['changed check constraint t.c'],
    ],
    [
      'a foreign key',
      [table, 'CREATE TABLE u (x int, KEY x (x))'],
      ['ALTER TABLE u ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES t (id)'],
      ['extra foreign key u.f'],
    ],
    [
      'the rule of a foreign key',
      [table, 'CREATE TABLE u (x int, KEY x (x), CONSTRAINT f FOREIGN KEY (x) REFERENCES t (id))'],
      [
        'ALTER TABLE u DROP FOREIGN KEY f',
        'ALTER TABLE u ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES t (id) ON DELETE CASCADE',
      ],
      ['changed foreign key u.f'],
    ],
    [
      'a partition',
      ['CREATE TABLE t (a int) PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (10))'],
      ['ALTER TABLE t ADD PARTITION (PARTITION q VALUES LESS THAN (20))'],
      ['extra partition t.q', 'changed table t'],
    ],
    [
      'the number of partitions',
      ['CREATE TABLE t (a int) PARTITION BY HASH (a) PARTITIONS 2'],
      ['ALTER TABLE t ADD PARTITION PARTITIONS 1'],
      ['extra partition t.p2', 'changed table t'],
    ],
    [
      'a view',
      [table, 'CREATE VIEW v AS SELECT a FROM t'],
      ['CREATE OR REPLACE VIEW v AS SELECT a, b FROM t'],
      ['changed view v'],
    ],
    [
      'the security of a view',
      [table, 'CREATE VIEW v AS SELECT a FROM t'],
      ['CREATE OR REPLACE SQL SECURITY INVOKER VIEW v AS SELECT a FROM t'],
      ['changed view v'],
    ],
    [
      'a procedure',
      ['CREATE PROCEDURE p() SELECT 1'],
      ['DROP PROCEDURE p', 'CREATE PROCEDURE p() SELECT 2'],
      ['changed procedure p'],
    ],
    [
      'the sql_mode of a procedure',
      [`SET sql_mode = ''`, 'CREATE PROCEDURE p() SELECT 1'],
      ['DROP PROCEDURE p', `SET sql_mode = 'ANSI_QUOTES'`, 'CREATE PROCEDURE p() SELECT 1'],
      ['changed procedure p'],
    ],
    [
      'the parameters of a function',
      ['CREATE FUNCTION f(a int) RETURNS int DETERMINISTIC RETURN 1'],
      ['DROP FUNCTION f', 'CREATE FUNCTION f(a int, b int) RETURNS int DETERMINISTIC RETURN 1'],
      ['changed function f'],
    ],
    [
      'a trigger',
      [table, 'CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1'],
      ['DROP TRIGGER g', 'CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 2'],
      ['changed trigger t.g'],
    ],
    [
      'the order of triggers',
      [
        table,
        'CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1',
        'CREATE TRIGGER h BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 2',
      ],
      ['DROP TRIGGER g', 'CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1'],
      ['changed trigger t.g', 'changed trigger t.h'],
    ],
    [
      'an event',
      ['CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1'],
      ['ALTER EVENT e ON SCHEDULE EVERY 2 DAY'],
      ['changed event e'],
    ],
    [
      'the state of an event',
      ['CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1'],
      ['ALTER EVENT e DISABLE'],
      ['changed event e'],
    ],
  ];
  if (family === 'mariadb') {
    return [
      ...common,
      ['a check of a column', [table], ['ALTER TABLE t MODIFY a int CHECK (a > 0)'], ['extra check constraint t.a']],
      [
        'an ignored index',
        [`${table.slice(0, -1)}, KEY i (a))`],
        ['ALTER TABLE t ALTER KEY i IGNORED'],
        ['changed index t.i'],
      ],
    ];
  }
  return [
    ...common,
    [
      'a check that is not enforced',
      [`${table.slice(0, -1)}, CONSTRAINT c CHECK (a > 0))`],
      ['ALTER TABLE t ALTER CHECK c NOT ENFORCED'],
      ['changed check constraint t.c'],
    ],
    [
      'an index over an expression',
      [`${table.slice(0, -1)}, KEY i ((a + 1)))`],
      ['ALTER TABLE t DROP KEY i, ADD KEY i ((a + 2))'],
      ['changed index t.i'],
    ],
    [
      'an invisible index',
      [`${table.slice(0, -1)}, KEY i (a))`],
      ['ALTER TABLE t ALTER INDEX i INVISIBLE'],
      ['changed index t.i'],
    ],
    [
      'the parser of a full-text index',
      [`${table.slice(0, -1)}, FULLTEXT KEY f (b))`],
      ['ALTER TABLE t DROP KEY f', 'ALTER TABLE t ADD FULLTEXT KEY f (b) WITH PARSER ngram'],
      ['changed index t.f'],
    ],
    [
      'a spatial reference',
      ['CREATE TABLE t (p point NOT NULL SRID 0)'],
      ['ALTER TABLE t MODIFY p point NOT NULL SRID 4326'],
      ['changed column t.p'],
    ],
    [
      'a default of bytes behind a NUL',
      ['CREATE TABLE t (x binary(3) DEFAULT 0x0001ff)'],
      ['ALTER TABLE t MODIFY x binary(3) DEFAULT 0x0002ff'],
      ['changed column t.x'],
    ],
  ];
}

type NotCarried = [kind: string, statements: string[], name: string];

function notCarried(family: string): NotCarried[] {
  const common: NotCarried[] = [
    ['table of the engine MyISAM', ['CREATE TABLE t (a int) ENGINE=MyISAM'], 't'],
    ['table of the engine MEMORY', ['CREATE TABLE t (a int) ENGINE=MEMORY'], 't'],
    ['view that reads another database', ['CREATE VIEW v AS SELECT id FROM OTHER.log'], 'v'],
    ['view that reads another database', ['CREATE VIEW v AS SELECT OTHER.twice(1) AS x'], 'v'],
    [
      'foreign key into another database',
      ['CREATE TABLE t (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES OTHER.parents (id))'],
      't.f',
    ],
    [
      'procedure with text in the character set latin1',
      ['SET character_set_client = latin1', `CREATE PROCEDURE p() SELECT 'ä'`],
      'p',
    ],
  ];
  if (family !== 'mariadb') return common;
  return [
    ...common,
    ['sequence', ['CREATE SEQUENCE s'], 's'],
    ['system-versioned table', ['CREATE TABLE t (a int) WITH SYSTEM VERSIONING'], 't'],
    ['table with a period', ['CREATE TABLE t (a date, b date, PERIOD FOR p (a, b))'], 't'],
    ['package', [`SET sql_mode = 'ORACLE'`, 'CREATE PACKAGE k AS FUNCTION f RETURN int; END'], 'k'],
  ];
}
