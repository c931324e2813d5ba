import { beforeAll, expect, it } from 'vitest';
import { openDatabase } from '#core/database/open.js';
import type { CatalogueTable } from '#core/database/catalogue.js';
import type { CatalogueOptions } from '#core/database/catalogue.js';
import { runSql } from '../../../../tests/fixtures/client.ts';
import { describeEachEngine, describeEachVersion } from '../../../../tests/fixtures/engines.ts';
import type { Engine } from '../../../../tests/fixtures/engines.ts';
import { freshDatabase } from '../../../../tests/fixtures/fresh-database.ts';

interface Read {
  readonly schemas: ReadonlyMap<string, ReadonlyMap<string, CatalogueTable>>;
  readonly omitted: readonly string[];
  /** Sizes of the pieces in which tables came. */
  readonly pieces: readonly number[];
}

async function readAll(url: string, options?: CatalogueOptions): Promise<Read> {
  const source = await openDatabase(url);
  try {
    const schemas = new Map<string, ReadonlyMap<string, CatalogueTable>>();
    const pieces: number[] = [];
    const omitted: string[] = [];
    for await (const database of source.catalogue(options)) {
      omitted.push(...database.omitted);
      for await (const schema of database.schemas()) {
        const tables = new Map<string, CatalogueTable>();
        for await (const some of schema.tables()) {
          pieces.push(some.length);
          for (const table of some) tables.set(table.name, table);
        }
        expect(tables.size).toBe(schema.tableCount);
        schemas.set(schema.name, tables);
      }
    }
    return { schemas, omitted, pieces };
  } finally {
    await source.close();
  }
}

async function sourceWith(engine: Engine, statements: string): Promise<string> {
  const { url } = await freshDatabase(engine);
  await runSql({ engine, url }, statements);
  return url;
}

/** The facts of a column that are not the default ones. */
const column = (name: string, position: number, type: string, baseType: string, more: object = {}): object => ({
  name,
  position,
  type,
  baseType,
  array: false,
  length: null,
  precision: null,
  scale: null,
  nullable: true,
  default: null,
  generated: null,
  counted: false,
  comment: null,
  ...more,
});

const postgresZoo = `
  create schema zoo; comment on schema zoo is 'The zoo'; set search_path = zoo;
  create domain short as varchar(20) not null; create domain shorter as short check (length(value) > 1);
  create type mood as enum ('a', 'b');
  create table p (id int generated always as identity primary key, n numeric(10,-2), m numeric(12,3)[], s shorter,
    gone int, v varchar(7)[], mood mood, g int generated always as (1) stored, b bit(3), x int default 1 + 1,
    u serial, unique (x, u));
  alter table p drop column gone;
  comment on column p.n is 'it''s'; comment on table p is 'the table';
  create table f (a int, b int, c int references p, constraint pair foreign key (b, a) references p (x, u));
  create table part (id int primary key) partition by range (id);
  create table part1 partition of part for values from (0) to (10);
  create table points (id int references part);
  create view v as select id from p; create materialized view mv as select id from v;
  create table "Odd ""name"".x " ("c . "" " int); create table empty ();
  analyze p;`;

describeEachEngine(
  'the catalogue',
  (engine) => {
    it('has every kind of table, column and key', async () => {
      const { schemas, omitted } = await readAll(await sourceWith(engine, postgresZoo));
      expect([...schemas.keys()]).toEqual(['public', 'zoo']);
      expect(omitted).toEqual(['information_schema', 'pg_catalog']);
      const zoo = schemas.get('zoo');
      expect([...(zoo?.values() ?? [])].map(({ name, kind }) => [name, kind])).toEqual([
        ['Odd "name".x ', 'table'],
        ['empty', 'table'],
        ['f', 'table'],
        ['mv', 'materialized view'],
        ['p', 'table'],
        ['part', 'partitioned table'],
        ['points', 'table'],
        ['v', 'view'],
      ]);
      expect(zoo?.get('p')).toMatchObject({ comment: 'the table', rowEstimate: '0', definition: null });
      expect(zoo?.get('p')?.columns).toEqual([
        column('id', 1, 'integer', 'int4', { nullable: false, counted: true }),
        column('n', 2, 'numeric(10,-2)', 'numeric', { precision: 10, scale: -2, comment: "it's" }),
        column('m', 3, 'numeric(12,3)[]', 'numeric', { array: true, precision: 12, scale: 3 }),
        column('s', 4, 'zoo.shorter', 'varchar', { length: 20 }),
        column('v', 6, 'character varying(7)[]', 'varchar', { array: true, length: 7 }),
        column('mood', 7, 'zoo.mood', 'enum'),
        column('g', 8, 'integer', 'int4', { generated: '1' }),
        column('b', 9, 'bit(3)', 'bit', { length: 3 }),
        column('x', 10, 'integer', 'int4', { default: '(1 + 1)' }),
        column('u', 11, 'integer', 'int4', {
          nullable: false,
          default: "nextval('zoo.p_u_seq'::regclass)",
          counted: true,
        }),
      ]);
      expect(zoo?.get('p')?.keys).toEqual([
        { kind: 'primary', name: 'p_pkey', columns: ['id'], references: null },
        { kind: 'unique', name: 'p_x_u_key', columns: ['x', 'u'], references: null },
      ]);
      expect(zoo?.get('f')?.keys).toEqual([
        { kind: 'foreign', name: 'f_c_fkey', columns: ['c'], references: reference('p', ['id']) },
        { kind: 'foreign', name: 'pair', columns: ['b', 'a'], references: reference('p', ['x', 'u']) },
      ]);
      expect(zoo?.get('points')?.keys).toMatchObject([{ kind: 'foreign', references: reference('part', ['id']) }]);
      expect(zoo?.get('mv')?.definition).toMatch(/SELECT.*zoo\.v/s);
      expect(zoo?.get('empty')?.columns).toEqual([]);
    });
  },
  (engine) => engine.family === 'postgres',
);

const reference = (table: string, columns: readonly string[]): object => ({ schema: 'zoo', table, columns });

const mysqlZoo = `
  create table p (id int unsigned auto_increment primary key, n decimal(10,2) default 1.10 comment 'it''s',
    v varchar(20) not null default '', e enum('a','b') default 'a', x int, g int as (x + 1) virtual, u bigint,
    b bit(3) default b'101', d date default '2020-01-01', z varchar(9) default 'NULL', k varchar(8) comment 'a\\0b',
    unique key pair (x, u)) comment 'the table';
  create table f (a int, b bigint, c int unsigned, foreign key f_c (c) references p (id),
    constraint pair foreign key (a, b) references p (x, u));
  create view v as select id from p; create table gone (a int); create view broken as select a from gone; drop table gone;
  create table \`Odd "name".x\` (\`c . "\` int);`;

describeEachEngine(
  'the catalogue',
  (engine) => {
    it('has every kind of table, column and key', async () => {
      const url = await sourceWith(engine, mysqlZoo);
      const { schemas, omitted } = await readAll(url);
      const name = new URL(url).pathname.slice(1);
      expect([...schemas.keys()]).toEqual([name]);
      expect(omitted).toEqual(expect.arrayContaining(['information_schema', 'mysql', 'performance_schema', 'sys']));
      const zoo = schemas.get(name);
      expect([...(zoo?.values() ?? [])].map((table) => [table.name, table.kind])).toEqual([
        ['Odd "name".x', 'table'],
        ['broken', 'view'],
        ['f', 'table'],
        ['p', 'table'],
        ['v', 'view'],
      ]);
      const whole = (type: string): string => (engine.family === 'mariadb' ? type : type.replace(/\(\d+\)/, ''));
      expect(zoo?.get('p')).toMatchObject({ comment: 'the table', definition: null });
      expect(zoo?.get('p')?.columns).toEqual([
        column('id', 1, whole('int(10) unsigned'), 'int', { nullable: false, counted: true }),
        column('n', 2, 'decimal(10,2)', 'decimal', { precision: 10, scale: 2, default: '1.10', comment: "it's" }),
        column('v', 3, 'varchar(20)', 'varchar', { length: 20, nullable: false, default: "''" }),
        column('e', 4, "enum('a','b')", 'enum', { default: "'a'" }),
        column('x', 5, whole('int(11)'), 'int'),
        column('g', 6, whole('int(11)'), 'int', { generated: expect.stringContaining('`x` + 1') }),
        column('u', 7, whole('bigint(20)'), 'bigint'),
        column('b', 8, 'bit(3)', 'bit', { length: 3, default: "b'101'" }),
        column('d', 9, 'date', 'date', { default: "'2020-01-01'" }),
        column('z', 10, 'varchar(9)', 'varchar', { length: 9, default: "'NULL'" }),
        column('k', 11, 'varchar(8)', 'varchar', { length: 8, comment: 'a\u2400b' }),
      ]);
      expect(zoo?.get('p')?.keys).toEqual([
        { kind: 'primary', name: 'PRIMARY', columns: ['id'], references: null },
        { kind: 'unique', name: 'pair', columns: ['x', 'u'], references: null },
      ]);
      const to = (columns: readonly string[]): object => ({ schema: name, table: 'p', columns });
      expect(zoo?.get('f')?.keys).toMatchObject([
        { kind: 'foreign', columns: ['c'], references: to(['id']) },
        { kind: 'foreign', name: 'pair', columns: ['a', 'b'], references: to(['x', 'u']) },
      ]);
      expect(zoo?.get('v')?.definition).toMatch(/select.*`p`/);
      expect(zoo?.get('broken')?.columns).toEqual([]);
    });
  },
  (engine) => engine.family !== 'postgres',
);

describeEachEngine(
  'the catalogue',
  (engine) => {
    it('takes a unique key over expressions for no key of columns', async () => {
      const url = await sourceWith(
        engine,
        'create table t (a int, b int, unique key k (a, (b + 1)), unique key l (b))',
      );
      const { schemas } = await readAll(url);
      const [[, tables] = []] = schemas;
      expect(tables?.get('t')?.keys).toMatchObject([{ kind: 'unique', name: 'l', columns: ['b'] }]);
    });
  },
  (engine) => engine.family === 'mysql',
);

describeEachVersion('the catalogue of many tables', (engine) => {
  let read: Read;

  beforeAll(async () => {
    const names = Array.from({ length: 300 }, (_, index) => `t${index}`);
    read = await readAll(
      await sourceWith(engine, names.map((name) => `create table ${name} (a_${name} int);`).join('\n')),
    );
  });

  it('comes in pieces, each table once and with its own columns', () => {
    const tables = [...read.schemas.values()].flatMap((schema) => [...schema.values()]);
    expect(read.pieces).toEqual([250, 50]);
    expect(tables).toHaveLength(300);
    for (const { name, columns } of tables) expect(columns.map((own) => own.name)).toEqual([`a_${name}`]);
  });
});
