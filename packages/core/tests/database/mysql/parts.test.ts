import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TablePart } from '#core/database/database.js';
import type { MysqlDatabase } from '#core/database/mysql/mysql-database.js';
import { readPrimaryKeys } from '#core/database/mysql/parts/primary-keys.js';
import { splitTable } from '#core/database/mysql/parts/split-table.js';
import type { MysqlSession } from '#core/database/mysql/session.js';
import type { MysqlSnapshot } from '#core/database/mysql/snapshot.js';
import { collect, describeEachServer, openFresh, tableOf } from './servers.ts';

/** SQL literals of a key column. */
type Literals = fc.Arbitrary<string>;

const whole = (low: bigint, high: bigint): Literals =>
  fc.oneof(fc.bigInt(low, high), fc.bigInt(low, low + 50n), fc.bigInt(high - 50n, high)).map(String);
const hex = (least: number, most: number): Literals =>
  fc
    .uint8Array({ minLength: least, maxLength: most })
    .map((bytes) => (bytes.length === 0 ? "''" : `0x${Buffer.from(bytes).toString('hex')}`));
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
const word = fc.string({ unit: fc.constantFrom(...Array.from(`aAbBßéÉ zZ09_-'"\\%`)), maxLength: 8 }).map(quoted);
const anyText = fc.string({ unit: 'grapheme', maxLength: 8 }).map(quoted);
const day = fc
  .date({ min: new Date('1971-01-01T00:00:00Z'), max: new Date('2037-01-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => `'${date.toISOString().slice(0, -1).replace('T', ' ')}'`);

interface Case {
  /** Column definitions of the key, in its order. */
  readonly key: readonly string[];
  readonly values: readonly Literals[];
}

const cases: readonly Case[] = [
  { key: ['bigint'], values: [whole(-(2n ** 63n), 2n ** 63n - 1n)] },
  { key: ['bigint unsigned'], values: [whole(0n, 2n ** 64n - 1n)] },
  { key: ['int(6) unsigned zerofill'], values: [whole(0n, 1000n)] },
  { key: ['tinyint'], values: [whole(-128n, 127n)] },
  { key: ['binary(16)'], values: [hex(16, 16)] },
  { key: ['varbinary(20)'], values: [hex(0, 20)] },
  { key: ['varchar(20) COLLATE utf8mb4_general_ci'], values: [word] },
  { key: ['varchar(20) COLLATE utf8mb4_unicode_ci'], values: [anyText] },
  { key: ['char(20) COLLATE utf8mb4_bin'], values: [anyText] },
  { key: ['varchar(20) CHARACTER SET latin1'], values: [word] },
  { key: ['decimal(20,5)'], values: [whole(-(10n ** 14n), 10n ** 14n).map((value) => `${value}.12345`)] },
  { key: ['date'], values: [fc.oneof(day, fc.constant("'0000-00-00'"), fc.constant("'2024-02-31'"))] },
  { key: ['datetime(6)'], values: [fc.oneof(day, fc.constant("'0000-00-00'"))] },
  { key: ['timestamp(3)'], values: [day] },
  { key: ['int', 'int'], values: [whole(1n, 3n), whole(-1000n, 1000n)] },
  { key: ['tinyint', 'varchar(20) COLLATE utf8mb4_unicode_ci'], values: [whole(1n, 2n), anyText] },
  { key: ['varchar(20) COLLATE utf8mb4_general_ci', 'bigint unsigned'], values: [word, whole(0n, 2n ** 64n - 1n)] },
  { key: ['date', 'binary(4)', 'decimal(6,2)'], values: [day, hex(4, 4), whole(-999n, 999n)] },
  // The order of an enumeration is that of its list; a part of the key in front of it can be used.
  { key: ['varchar(20)', `enum('b','a')`], values: [word, fc.constantFrom("'a'", "'b'")] },
];

describeEachServer('the parts of a table', (engine) => {
  let database: MysqlDatabase;
  let session: MysqlSession;

  beforeAll(async () => {
    ({ database } = await openFresh(engine));
    session = await database.session();
    await session.execute(`SET sql_mode = 'ALLOW_INVALID_DATES'`);
  });

  afterAll(() => session.close());

  /** The parts of the table `t` if it had a size of `count` parts, and what is read by them. */
  async function readParts(count: number): Promise<{ parts: readonly TablePart[]; whole: string; joined: string }> {
    await session.execute('ANALYZE TABLE t');
    const snapshot = await database.snapshot();
    try {
      const table = tableOf(snapshot.shape, 't');
      const key = (await readPrimaryKeys(snapshot.session)).get('t') ?? [];
      const parts = await splitTable(snapshot.session, table, key, count, 1);
      const pieces: Buffer[] = [];
      for (const part of parts) pieces.push(await collect(snapshot.read(table, part)));
      return {
        parts,
        whole: (await collect(snapshot.read(table))).toString(),
        joined: Buffer.concat(pieces).toString(),
      };
    } finally {
      await snapshot.close();
    }
  }

  it.each(cases)('hold each row once, in order: $key', async ({ key, values }) => {
    const columns = key.map((type, index) => `\`k${index}\` ${type} NOT NULL`);
    const names = key.map((_, index) => `k${index}`).join(', ');
    const divided = new Set<boolean>();
    const rows = fc.array(fc.tuple(...values), { minLength: 60, maxLength: 120 });
    await fc.assert(
      fc.asyncProperty(rows, async (list) => {
        await session.execute('DROP TABLE IF EXISTS t');
        await session.execute(`CREATE TABLE t (${columns.join(', ')}, PRIMARY KEY (${names}))`);
        await session.execute(`INSERT IGNORE INTO t VALUES ${list.map((row) => `(${row.join(', ')})`).join(', ')}`);
        const { parts, whole: all, joined } = await readParts(8);
        expect(joined).toBe(all);
        expect(all).not.toBe('');
        divided.add(parts.length > 1);
      }),
      { numRuns: 3 },
    );
    expect(divided.has(true)).toBe(true);
  });

  it.each(['float', 'bit(20)', 'char(10) CHARACTER SET gbk', `enum('1','2','3')`])(
    'are one where the key is a %s',
    async (type) => {
      await session.execute('DROP TABLE IF EXISTS t');
      await session.execute(`CREATE TABLE t (k ${type} PRIMARY KEY)`);
      await session.execute(`INSERT INTO t VALUES (1), (2), (3)`);
      expect((await readParts(8)).parts).toEqual([{ bytes: 8, range: '' }]);
    },
  );

  it.each(['k int', 'k text, PRIMARY KEY (k(10))', 'k int NOT NULL UNIQUE'])('are one of (%s)', async (columns) => {
    await session.execute('DROP TABLE IF EXISTS t');
    await session.execute(`CREATE TABLE t (${columns})`);
    await session.execute(`INSERT INTO t VALUES (1), (2), (3)`);
    expect((await readParts(8)).parts).toEqual([{ bytes: 8, range: '' }]);
  });

  it('are about equal where the numbers have large gaps', async () => {
    await session.execute('DROP TABLE IF EXISTS t');
    await session.execute('CREATE TABLE t (id bigint PRIMARY KEY, pad char(200) NOT NULL)');
    const ids = Array.from({ length: 3000 }, (_, index) => BigInt(index % 3) * 4_000_000_000_000_000n + BigInt(index));
    await session.execute(`INSERT INTO t VALUES ${ids.map((id) => `(${id}, 'x')`).join(', ')}`);
    const { parts, whole: all, joined } = await readParts(10);
    expect(joined).toBe(all);
    expect(parts.length).toBeGreaterThanOrEqual(4);
    expect(parts.length).toBeLessThanOrEqual(40);
  });

  it('come with estimated sizes, and only where there are readers to share them', async () => {
    await session.execute('DROP TABLE IF EXISTS t');
    await session.execute('CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, pad longtext NOT NULL)');
    await session.execute(`INSERT INTO t (pad) VALUES (REPEAT('x', 1000000))`);
    for (let index = 0; index < 6; index += 1) await session.execute('INSERT INTO t (pad) SELECT pad FROM t');
    await session.execute('ANALYZE TABLE t');
    const alone = await database.snapshot();
    expect(await alone.parts(tableOf(alone.shape, 't'))).toHaveLength(1);
    await alone.close();
    const shared: MysqlSnapshot = await database.snapshot([], { readers: 2 });
    const parts = await shared.parts(tableOf(shared.shape, 't'));
    expect(parts.length).toBeGreaterThan(1);
    const sum = parts.reduce((bytes, part) => bytes + part.bytes, 0);
    expect(sum).toBeGreaterThan(60_000_000);
    await shared.close();
  });
});
