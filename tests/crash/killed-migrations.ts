import type { Family, Product } from '@lockstep/core';
import type { TestProduct } from '../fixtures/product.ts';
import { configure, testProduct } from '../fixtures/product.ts';

/** A statement, and what keeps it from going on: a lock on a table, which the test takes. */
interface Killable {
  readonly sql: string;
  /** The table; without one it can't be kept waiting. */
  readonly on?: string;
  /** On Postgres the mode of the lock, ACCESS EXCLUSIVE unless given. */
  readonly mode?: string;
}

export interface KilledMigrations {
  readonly folder: string;
  /** Release 1.0.0: what is there before anything is killed. */
  readonly first: Product;
  /** Release 2.0.0: transactional, not transactional, mixed, unprovable, data, repeatable. */
  readonly product: Product;
  /** What a statement (`2.0.0.1#3`) or a batch can be kept waiting with. */
  readonly blockers: ReadonlyMap<string, { readonly on: string; readonly mode: string }>;
}

/** A product whose second release has statements of every kind. */
export async function killedMigrations(family: Family): Promise<KilledMigrations> {
  const scripts = family === 'postgres' ? postgres : mysql;
  const before = { 'V1.0.0.1__tables.sql': scripts.tables };
  const first = await (await testProduct(before)).load('1.0.0');
  const source = await testProduct(before);
  const blockers = new Map<string, { readonly on: string; readonly mode: string }>();
  for (const [name, statements] of Object.entries(scripts.migrations)) await write(source, name, statements, blockers);
  await source.write('V2.0.0.5__data.ts', batches);
  for (const cursor of ['', '1', '2', '3'])
    blockers.set(`2.0.0.5#${cursor}`, { on: 'worked', mode: 'ACCESS EXCLUSIVE' });
  await configure(source, '2.0.0');
  return { folder: source.folder, first, product: await source.load('2.0.0'), blockers };
}

async function write(
  source: TestProduct,
  name: string,
  statements: readonly Killable[],
  blockers: Map<string, { readonly on: string; readonly mode: string }>,
): Promise<void> {
  await source.write(name, statements.map(({ sql }) => `${sql};\n`).join(''));
  const key = name.startsWith('R') ? 'R__view' : name.slice(1).replace(/__.*/, '');
  for (const [index, { on, mode = 'ACCESS EXCLUSIVE' }] of statements.entries()) {
    if (on !== undefined) blockers.set(`${key}#${index + 1}`, { on, mode });
  }
}

const simple = 'a b c d e f called worked gone_1 gone_2 emptied'.split(' ');
const tables = simple
  .map((name) => `CREATE TABLE ${name} (id int PRIMARY KEY, name varchar(100));\n`)
  .concat('a b c d e emptied'.split(' ').map((name) => `INSERT INTO ${name} VALUES (1, 'one'), (2, 'two');\n`))
  .concat(`INSERT INTO worked VALUES (1, ''), (2, ''), (3, ''), (4, '');\n`)
  .join('');

const wait = 'ROW EXCLUSIVE';

const postgres = {
  tables: `${tables}
CREATE TABLE parted (id int) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (1) TO (10);
CREATE TYPE color AS ENUM ('green');
`,
  migrations: {
    'V2.0.0.1__transactional.sql': [
      { sql: `INSERT INTO a VALUES (10, 'ten')`, on: 'a' },
      { sql: `UPDATE b SET name = name || '!'`, on: 'b' },
      { sql: 'ALTER TABLE c ADD COLUMN city text', on: 'c' },
      { sql: 'CREATE INDEX d_name ON d (name)', on: 'd' },
      { sql: 'CREATE TABLE copied AS SELECT * FROM e', on: 'e' },
    ],
    // With ROW EXCLUSIVE these wait in their middle, with a half of their work committed.
    'V2.0.0.2__alone.sql': [
      { sql: 'CREATE INDEX CONCURRENTLY a_name ON a (name)', on: 'a', mode: wait },
      { sql: 'CREATE UNIQUE INDEX CONCURRENTLY ON a (id, name)', on: 'a', mode: wait },
      { sql: 'REINDEX TABLE CONCURRENTLY a', on: 'a', mode: wait },
      { sql: 'REINDEX INDEX d_name', on: 'd' },
      { sql: 'DROP INDEX CONCURRENTLY a_name', on: 'a', mode: wait },
      { sql: 'ALTER TABLE parted DETACH PARTITION parted_1 CONCURRENTLY', on: 'parted', mode: wait },
      { sql: `ALTER TYPE color ADD VALUE 'red'` },
      { sql: 'VACUUM a', on: 'a', mode: 'SHARE UPDATE EXCLUSIVE' },
      { sql: 'CLUSTER d USING d_name', on: 'd' },
    ],
    // A setting that was reset is empty, and one that this server process never had is NULL.
    'V2.0.0.3__mixed.sql': [
      { sql: 'CREATE TEMPORARY TABLE old AS SELECT name FROM b' },
      { sql: `SET lockstep_test.word = 'remembered'` },
      { sql: 'INSERT INTO f SELECT id, name FROM b', on: 'f' },
      { sql: 'CREATE INDEX CONCURRENTLY f_name ON f (name)', on: 'f', mode: wait },
      { sql: `INSERT INTO f SELECT 100 + count(*), current_setting('lockstep_test.word') FROM old`, on: 'f' },
      { sql: `ALTER TABLE e ADD COLUMN color color DEFAULT 'red'`, on: 'e' },
    ],
    'V2.0.0.4__unprovable.sql': [
      {
        sql: `INSERT INTO f VALUES (200, coalesce(nullif(current_setting('lockstep_test.word', true), ''), 'forgotten'))`,
        on: 'f',
      },
      { sql: 'DO $$ BEGIN INSERT INTO called SELECT count(*) FROM called; COMMIT; END $$', on: 'called' },
      { sql: `INSERT INTO f VALUES (201, 'after')`, on: 'f' },
    ],
    'R__view.sql': [
      { sql: 'DROP VIEW IF EXISTS shown' },
      { sql: 'CREATE VIEW shown AS SELECT id, name FROM c', on: 'c' },
      { sql: `UPDATE f SET name = name || '.'`, on: 'f' },
    ],
  },
};

const mysql = {
  tables: `${tables}
CREATE PROCEDURE write_call() INSERT INTO called SELECT count(*), NULL FROM called AS other;
`,
  migrations: {
    'V2.0.0.1__rows.sql': [
      { sql: `INSERT INTO a VALUES (10, 'ten')`, on: 'a' },
      { sql: `UPDATE b SET name = concat(name, '!')`, on: 'b' },
      { sql: 'DELETE FROM c WHERE id = 1', on: 'c' },
      { sql: 'INSERT INTO d SELECT id + 20, name FROM e', on: 'd' },
    ],
    'V2.0.0.2__definitions.sql': [
      { sql: 'CREATE TABLE made (id int)' },
      { sql: 'CREATE TABLE copied AS SELECT * FROM a', on: 'a' },
      { sql: 'CREATE INDEX a_name ON a (name)', on: 'a' },
      { sql: 'ALTER TABLE b ADD COLUMN city varchar(10)', on: 'b' },
      { sql: 'ALTER TABLE b ENGINE = InnoDB', on: 'b' },
      { sql: 'RENAME TABLE c TO renamed', on: 'c' },
      { sql: 'DROP TABLE gone_1, gone_2', on: 'gone_2' },
      { sql: 'TRUNCATE TABLE emptied', on: 'emptied' },
      { sql: 'CREATE VIEW seen AS SELECT id FROM a' },
      { sql: 'CREATE OR REPLACE VIEW seen AS SELECT id, name FROM a' },
      { sql: 'ANALYZE TABLE a' },
    ],
    'V2.0.0.3__mixed.sql': [
      { sql: 'CREATE TEMPORARY TABLE old AS SELECT name FROM b' },
      { sql: `SET @word = 'remembered'` },
      { sql: 'INSERT INTO f SELECT id, name FROM b', on: 'f' },
      { sql: 'ALTER TABLE f ADD COLUMN note varchar(20)', on: 'f' },
      { sql: 'INSERT INTO f SELECT 100 + count(*), @word, NULL FROM old', on: 'f' },
      { sql: 'CREATE TRIGGER noted BEFORE INSERT ON e FOR EACH ROW SET NEW.name = upper(NEW.name)', on: 'e' },
      { sql: `INSERT INTO e VALUES (300, 'large')`, on: 'e' },
    ],
    'V2.0.0.4__unprovable.sql': [
      { sql: `INSERT INTO f VALUES (200, coalesce(@word, 'forgotten'), NULL)`, on: 'f' },
      { sql: 'CALL write_call()', on: 'called' },
      { sql: `INSERT INTO f VALUES (201, 'after', NULL)`, on: 'f' },
    ],
    'R__view.sql': [
      { sql: 'DROP VIEW IF EXISTS shown' },
      { sql: 'CREATE VIEW shown AS SELECT id, name FROM a' },
      { sql: `UPDATE f SET name = concat(name, '.')`, on: 'f' },
    ],
  },
};

const batches = `// lockstep: changes worked.name
import { defineDataMigration } from '@lockstep/core/migration';
export default defineDataMigration({
  async batch({ session, sql }, cursor) {
    const id = Number(cursor ?? 0) + 1;
    await session.run(sql\`UPDATE worked SET name = concat(name, 'worked ', id) WHERE id = \${id}\`);
    return id === 4 ? null : String(id);
  },
});
`;
