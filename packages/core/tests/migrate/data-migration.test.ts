import fc from 'fast-check';
import { expect, it } from 'vitest';
import { identifier, info, join, migrate, raw, sql } from '@lockstep/core';
import type { Database, Session, SqlValue } from '@lockstep/core';
import type { Engine } from '../../../../tests/fixtures/engines.ts';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { opener } from '../../../../tests/fixtures/shop.ts';
import { testProduct } from '../../../../tests/fixtures/product.ts';

interface KeyCase {
  readonly title: string;
  /** Columns of the key with their types, by family; those of Postgres where a family has none of its own. */
  readonly columns: Partial<Record<Engine['family'], Readonly<Record<string, string>>>>;
  /** SQL of some keys; `n` counts from 1. A text that stands for itself otherwise. */
  readonly keys: readonly (readonly string[])[];
}

const pairs = (texts: readonly string[]): string[][] =>
  texts.flatMap((left) => texts.map((right) => [`'${left}${right}'`]));
const counted = (count: number, key: (number: number) => string): string[][] =>
  Array.from({ length: count }, (_, number) => [key(number)]);

const keyCases: readonly KeyCase[] = [
  { title: 'integers', columns: { postgres: { id: 'int' } }, keys: counted(40, (n) => `${((n * 7919) % 101) - 50}`) },
  {
    title: 'integers beyond what a double can hold',
    columns: { postgres: { id: 'bigint' } },
    keys: counted(40, (n) => `${9_223_372_036_854_775_807n - BigInt((n * 7919) % 101)}`),
  },
  {
    title: 'unsigned integers',
    columns: { postgres: { id: 'numeric' }, mysql: { id: 'bigint unsigned' } },
    keys: counted(40, (n) => `${18_446_744_073_709_551_615n - BigInt((n * 7919) % 101)}`),
  },
  {
    title: 'decimal numbers',
    columns: { postgres: { id: 'numeric(30, 10)' }, mysql: { id: 'decimal(30, 10)' } },
    keys: counted(40, (n) => `${n % 2 === 0 ? '' : '-'}12345678901234567890.00000000${String(n).padStart(2, '0')}`),
  },
  {
    title: 'texts in the order of their collation',
    columns: {
      postgres: { id: 'text COLLATE "und-x-icu"' },
      mysql: { id: 'varchar(50) COLLATE utf8mb4_0900_as_cs' },
      mariadb: { id: 'varchar(50) COLLATE utf8mb4_uca1400_as_cs' },
    },
    keys: pairs(['a', 'B', 'b', 'ä', 'Z', 'z', "''", '🛒', '1', '_', '%', '-']),
  },
  {
    title: 'texts of another character set',
    columns: {
      postgres: { id: 'varchar(50) COLLATE "C"' },
      mysql: { id: 'varchar(50) CHARACTER SET latin1 COLLATE latin1_german2_ci' },
    },
    keys: pairs(['b', 'ä', 'Z', 'x', '_', 'ö', '9']),
  },
  {
    title: 'padded texts',
    columns: { postgres: { id: 'char(5)' } },
    keys: [["''"], ...pairs(['a', 'b', 'c', 'x', 'Z'])],
  },
  {
    title: 'uuids',
    columns: { postgres: { id: 'uuid' }, mysql: { id: 'char(36)' }, mariadb: { id: 'uuid' } },
    keys: counted(
      40,
      (n) => `'${String((n * 7919) % 101).padStart(8, '0')}-ff${n + 10}-${n % 8}abc-9000-0000000000ff'`,
    ),
  },
  {
    title: 'bytes',
    columns: { postgres: { id: 'bytea' }, mysql: { id: 'varbinary(20)' } },
    keys: counted(
      40,
      (n) => `x'${['', '00', 'ff', '5c', '27'].map((byte) => byte + (n * 6).toString(16).padStart(2, '0'))[n % 5]}'`,
    ),
  },
  {
    title: 'times',
    columns: { postgres: { id: 'timestamptz' }, mysql: { id: 'datetime(6)' } },
    keys: counted(40, (n) => `'2024-02-29 12:00:00.0000${String((n * 37) % 100).padStart(2, '0')}'`),
  },
  {
    title: 'several columns',
    columns: { postgres: { tenant: 'int', day: 'date', id: 'varchar(20)' } },
    keys: ['1', '2', '10'].flatMap((tenant) =>
      ['2024-01-01', '2024-12-31', '2025-01-01'].flatMap((day) =>
        ['a', 'b', 'c', 'd'].map((id) => [tenant, `'${day}'`, `'${id}'`]),
      ),
    ),
  },
];

/** Columns of many types, and values for them. */
function valueCase(family: Engine['family']): {
  readonly types: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, fc.Arbitrary<SqlValue>>>;
} {
  const postgres = family === 'postgres';
  const or = <T extends SqlValue>(value: fc.Arbitrary<T>): fc.Arbitrary<SqlValue> => fc.option(value);
  const text = fc.string({ unit: 'binary', maxLength: 20 }).map((value) => value.replaceAll('\0', ''));
  const time = fc
    .date({ min: new Date('1000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
    .map((date) => `${date.toISOString().slice(0, 23).replace('T', ' ')}001`);
  return {
    types: {
      whole: 'bigint',
      big: postgres ? 'numeric' : 'decimal(38, 0)',
      exact: 'decimal(30, 10)',
      real_number: postgres ? 'float8' : 'double',
      small_number: postgres ? 'float4' : 'float',
      yes: postgres ? 'boolean' : 'tinyint(1)',
      data: postgres ? 'bytea' : 'blob',
      words: 'text',
      moment: postgres ? 'timestamptz' : 'datetime(6)',
      doc: 'json',
      ...(postgres
        ? { list: 'int[]', binary_doc: 'jsonb', flags: 'varbit' }
        : { choice: "enum('a','b c')", year_of: 'year' }),
    },
    values: {
      whole: or(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
      big: or(fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n })),
      exact: or(fc.bigInt({ min: 0n, max: 10n ** 19n }).map((number) => `-${number}.0123456789`)),
      real_number: or(fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)),
      small_number: or(fc.float({ noNaN: true, noDefaultInfinity: true }).map(String)),
      yes: or(fc.boolean()),
      data: or(fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array))),
      words: or(text),
      moment: or(time),
      doc: or(fc.tuple(text, fc.bigInt()).map(([key, number]) => `{ ${JSON.stringify(key)} : 1.10,  "n":${number} }`)),
      ...(postgres
        ? {
            list: or(fc.constantFrom('{}', '{1,NULL,3}', '{{1,2},{3,4}}')),
            binary_doc: or(fc.json()),
            flags: or(fc.constantFrom('', '1', '0101')),
          }
        : { choice: or(fc.constantFrom('a', 'b c')), year_of: or(fc.integer({ min: 1902, max: 2155 })) }),
    },
  };
}

/** What two equal values have in common to the last byte. */
function sameness(family: Engine['family'], column: string, type: string): string {
  if (family === 'postgres') return `${column}::text`;
  if (type === 'blob') return `HEX(${column})`;
  return /^(text|json|enum)/.test(type) ? `HEX(CAST(${column} AS CHAR))` : column;
}

/** What a migration may not say of the table below, and what it is told. */
const unfit: readonly (readonly [Readonly<Record<string, unknown>>, RegExp])[] = [
  [{ table: 'nowhere' }, /nowhere: there is no such table/],
  [{ table: 'v' }, /it is a view/],
  [{ key: 'loose' }, /loose of the key may be NULL/],
  [{ key: 'name' }, /no unique index is of name \(there is id; .*a, b/],
  [{ key: 'a' }, /no unique index is of a /],
  [{ key: ['b', 'a'] }, /no unique index is of b, a /],
  [{ select: ['other'] }, /it has no column other/],
  [{ select: ['data'] }, /data is .* and read as bytes, not as text/],
  [{ select: { name: 'boolean' } }, /name is .* and read as text, not as boolean/],
  [{ select: { name: 'number' } }, /`select.name` is "number"; known are text/],
  [{ keys: 'id' }, /`keys`; known are table/],
  [{ key: [] }, /`key` has to be/],
];

describeEachEngine('a migration by the key of a table', (engine) => {
  const open = opener(engine);
  const inSession = async <T>(database: Database, work: (session: Session) => Promise<T>): Promise<T> => {
    const session = await database.session({ schemas: ['public'] });
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  };

  it('sees each row once, in batches, whatever the key is', async () => {
    const database = await open();
    const source = await testProduct();
    const titles: string[] = [];
    for (const [number, { title, columns, keys }] of keyCases.entries()) {
      const own =
        columns[engine.family] ?? (engine.family === 'mariadb' ? columns.mysql : undefined) ?? columns.postgres ?? {};
      const names = Object.keys(own);
      const definitions = Object.entries(own).map(([name, type]) => `${name} ${type} NOT NULL`);
      const literal = (text: string): string =>
        engine.family === 'postgres' ? text.replace(/^x'(.*)'$/, String.raw`'\x$1'`) : text;
      const rows = keys.map((key) => `(${key.map(literal).join(', ')}, '')`);
      await source.write(
        `V1.0.0.${number * 2 + 1}__t${number}.sql`,
        `CREATE TABLE t${number} (${definitions.join(', ')}, seen varchar(100), PRIMARY KEY (${names.join(', ')}));\nINSERT INTO t${number} VALUES ${rows.join(', ')};`,
      );
      await source.write(
        `V1.0.0.${number * 2 + 2}__see.ts`,
        `import { defineDataMigration } from '@lockstep/core/migration';
export default defineDataMigration({
  table: 't${number}',
  key: ${JSON.stringify(names)},
  select: ['seen'],
  async batch(rows, { update }) {
    if (rows.length > 10) throw new Error('a first batch of ' + rows.length);
    const changed = await update('t${number}', ${JSON.stringify(names)}, ['seen'], rows.map((row) => ({ ...row, seen: row.seen + 'x' })));
    if (changed !== rows.length) throw new Error('changed ' + changed + ' of ' + rows.length);
  },
});`,
      );
      titles.push(title);
    }
    const product = await source.load('1.0.0');
    const dataMigrations = { ...product.dataMigrations, batchMilliseconds: 0 };
    await migrate(database, { ...product, dataMigrations });
    await inSession(database, async (session) => {
      for (const [number, { keys }] of keyCases.entries()) {
        const found = await session.query(sql`SELECT seen, count(*) AS number FROM ${raw(`t${number}`)} GROUP BY seen`);
        expect({ title: titles[number], found }).toEqual({
          title: titles[number],
          found: [{ seen: 'x', number: `${keys.length}` }],
        });
      }
    });
  });

  it('carries values without loss', async () => {
    const database = await open();
    const { types, values } = valueCase(engine.family);
    const rows = fc.sample(fc.record(values), { numRuns: 40, seed: 7 });
    const columns = Object.entries(types).map(([name, type]) => `${name} ${type}, new_${name} ${type}`);
    const source = await testProduct({
      'V1.0.0.1__t.sql': `CREATE TABLE t (id int PRIMARY KEY, ${columns.join(', ')});`,
    });
    await migrate(database, await source.load('1.0.0'));
    await inSession(database, async (session) => {
      for (const [id, row] of rows.entries()) {
        const names = Object.keys(row).map((name) => identifier(name));
        await session.run(sql`INSERT INTO t (id, ${join(names)}) VALUES (${id}, ${join(Object.values(row))})`);
      }
    });
    const kinds = { whole: 'bigint', big: 'bigint', yes: 'boolean', data: 'bytes' };
    const select = Object.fromEntries(Object.keys(types).map((name) => [name, 'text']));
    await source.write(
      'V1.0.0.2__copy.ts',
      `import { defineDataMigration } from '@lockstep/core/migration';
const kinds = ${JSON.stringify({ ...select, ...kinds })};
const of = { bigint: 'bigint', boolean: 'boolean', text: 'string', bytes: 'object' };
export default defineDataMigration({
  table: 't', key: 'id', select: kinds,
  async batch(rows, { update }) {
    for (const row of rows) for (const [name, kind] of Object.entries(kinds)) {
      if (row[name] !== null && typeof row[name] !== of[kind]) throw new Error(name + ' is ' + typeof row[name]);
    }
    const names = Object.keys(kinds);
    await update('t', 'id', names.map((name) => 'new_' + name),
      rows.map((row) => ({ id: row.id, ...Object.fromEntries(names.map((name) => ['new_' + name, row[name]])) })));
  },
});`,
    );
    await migrate(database, await source.load('1.0.0'));
    await inSession(database, async (session) => {
      for (const name of Object.keys(types)) {
        const [old, copy] = [name, `new_${name}`].map((column) =>
          raw(sameness(engine.family, column, types[name] ?? '')),
        );
        const [found] = await session.query(sql`SELECT count(*) AS number, sum(CASE WHEN ${old ?? ''} = ${copy ?? ''}
          OR ${raw(name)} IS NULL AND ${raw(`new_${name}`)} IS NULL THEN 0 ELSE 1 END) AS wrong FROM t`);
        expect({ name, ...found }).toEqual({ name, number: `${rows.length}`, wrong: '0' });
      }
    });
  });

  it('refuses what is not fit by name, before anything is done', async () => {
    const database = await open();
    const bytes = engine.family === 'postgres' ? 'bytea' : 'blob';
    const source = await testProduct({
      'V1.0.0.1__t.sql': `CREATE TABLE t (id int PRIMARY KEY, name varchar(9) NOT NULL, a int NOT NULL, b int NOT NULL,
        loose int UNIQUE, data ${bytes}, UNIQUE (a, b)); CREATE VIEW v AS SELECT * FROM t;`,
    });
    for (const [change, message] of unfit) {
      const definition = { table: 't', key: 'id', select: ['name'], ...change };
      await source.write(
        'V1.0.0.2__see.ts',
        `import { defineDataMigration } from '@lockstep/core/migration';
export default defineDataMigration({ ...${JSON.stringify(definition)}, async batch() { throw new Error('ran'); } });`,
      );
      const failure = await migrate(database, await source.load('1.0.0')).catch((error: unknown) => error);
      const code = message.source.includes('`') ? 'MIGRATION_UNREADABLE' : 'TABLE_UNFIT';
      expect(failure).toMatchObject({ code, message: expect.stringMatching(message) });
    }
    expect(await info(database, await source.load('1.0.0'))).toMatchObject({
      phase: 'ready',
      release: { database: '0.0.0+1' },
    });
  });
});
