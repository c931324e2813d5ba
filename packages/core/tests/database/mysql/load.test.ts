import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { connect } from '#core/database/mysql/connect.js';
import type { MysqlDatabase } from '#core/database/mysql/mysql-database.js';
import type { MysqlSession } from '#core/database/mysql/session.js';
import { readUrl } from '#core/database/mysql/url.js';
import { raw } from '#core/database/sql.js';
import { rogueServer } from './rogue-server.ts';
import { describeEachServer, failure, loadsAndInserts, openFresh, openLoader, tableOf } from './servers.ts';

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
const lines = (...rows: string[]): Buffer => Buffer.from(rows.map((row) => `${row}\n`).join(''));

describeEachServer('a load', (engine) => {
  let database: MysqlDatabase;
  let session: MysqlSession;
  let url: string;

  beforeAll(async () => {
    ({ database, url } = await openFresh(engine));
    session = await database.session();
  });

  const count = async (table: string): Promise<string | null | undefined> =>
    (await session.query(raw(`SELECT count(*) AS n FROM ${table}`)))[0]?.['n'];

  describe.each(['files', 'inserts'] as const)('by %s', (way) => {
    const made = async (table: string, columns: string): Promise<ReturnType<typeof tableOf>> => {
      await session.execute(`DROP TABLE IF EXISTS ${table}`);
      await session.execute(`CREATE TABLE ${table} (${columns})`);
      return tableOf(await session.describe(), table);
    };

    // Columns stand in the order of their names: c, e, id, n, v.
    const good = `('x','a',1,1,'x')`;
    it.each([
      ['a number out of range', `('x','a',2,300,'x')`],
      ['a text that is too long', `('x','a',2,1,'xyz')`],
      ['a text that is too long by blanks', `('x','a',2,1,'xy  ')`],
      ['a value that the ENUM has not', `('x','b',2,1,'x')`],
      ['a number that is none', `('x','a',2,'x','x')`],
      ['a character that the column has not', `('€','a',2,1,'x')`],
      ['a missing value', `('x','a',2,NULL,'x')`],
      ['the same key', good],
      ['a key that is used by another row', `('x','a',2,1,'X')`],
      ['a field too few', `('x','a',2,1)`],
      ['a field too many', `('x','a',2,1,'x','y')`],
    ])('is refused for %s, and nothing of it stays', async (_, bad) => {
      const { load, wire } = await openLoader(engine, url, way);
      const small = await made(
        'small',
        `id int PRIMARY KEY, n tinyint NOT NULL, v varchar(2) UNIQUE, e enum('a'), c char(1) CHARACTER SET latin2`,
      );
      expect(await failure(load(small, lines(good, bad)))).toMatchObject({ code: 'STATEMENT_FAILED' });
      expect(await count('small')).toBe('0');
      // The same connection goes on, by INSERT where LOAD DATA did not take the table.
      expect(await load(small, lines(good, `('x',NULL,3,3,NULL)`))).toBe(2);
      const [loads] = await loadsAndInserts(wire);
      expect(loads).toBe(way === 'files' ? 1 : 0);
    });

    it('takes invalid values of an ENUM', async () => {
      const { load } = await openLoader(engine, url, way);
      const table = await made('enums', `id int PRIMARY KEY, e enum('a')`);
      expect(await load(table, lines(`('a',1)`, `('',2)`, `(NULL,3)`))).toBe(3);
      const rows = await session.query(raw('SELECT e, e + 0 AS number FROM enums ORDER BY id'));
      expect(rows).toEqual([
        { e: 'a', number: '1' },
        { e: '', number: '0' },
        { e: null, number: null },
      ]);
    });

    it('tells text that looks like bytes from bytes', async () => {
      const { load } = await openLoader(engine, url, way);
      const table = await made('looks', 'id int PRIMARY KEY, v varchar(20) CHARACTER SET latin2, w varchar(20)');
      expect(await load(table, lines(`(1,0xa1,'0x')`, `(2,'0xa1','0xa1')`, `(3,NULL,'NULL')`, `(4,'0X41','')`))).toBe(
        4,
      );
      const rows = await session.query(raw('SELECT HEX(v) AS v, w FROM looks ORDER BY id'));
      expect(rows).toEqual([
        { v: 'A1', w: '0x' },
        { v: '30786131', w: '0xa1' },
        { v: null, w: 'NULL' },
        { v: '30583431', w: '' },
      ]);
    });

    it('keeps AUTO_INCREMENT values of 0, and rows without columns', async () => {
      const { load } = await openLoader(engine, url, way);
      const counted = await made('counted', 'id int AUTO_INCREMENT PRIMARY KEY');
      await load(counted, lines('(0)', '(-1)', '(7)'));
      expect(await session.query(raw('SELECT id FROM counted ORDER BY id'))).toEqual([
        { id: '-1' },
        { id: '0' },
        { id: '7' },
      ]);
      // Bytes are computed on the way.
      const bytes = await made('counted_bytes', 'id int AUTO_INCREMENT PRIMARY KEY, v varbinary(4)');
      await load(bytes, lines('(0,0x00)', '(7,NULL)'));
      expect(await session.query(raw('SELECT id, hex(v) AS v FROM counted_bytes ORDER BY id'))).toEqual([
        { id: '0', v: '00' },
        { id: '7', v: null },
      ]);
      const generated = await made('all_generated', 'a int GENERATED ALWAYS AS (1) STORED');
      await load(generated, lines('()', '()'));
      expect(await count('all_generated')).toBe('2');
    });

    it('is the same wherever packets and statements are cut', async () => {
      const { load } = await openLoader(engine, url, way);
      const table = await made('cuts', 'id int PRIMARY KEY, v longtext, w longblob');
      const values = [...Array(40).keys()].map((id) => ({
        text: '€'.repeat(21_840 + id) + '\\'.repeat(id),
        bytes: Buffer.alloc(65_520 + id, 0x5c),
      }));
      const rows = values.map(
        ({ text, bytes }, id) => `(${id},'${text.replaceAll('\\', '\\\\')}',0x${bytes.toString('hex')})`,
      );
      expect(await load(table, lines(...rows))).toBe(40);
      const found = await session.query(raw('SELECT SHA2(v, 256) AS v, SHA2(w, 256) AS w FROM cuts ORDER BY id'));
      expect(found).toEqual(values.map(({ text, bytes }) => ({ v: sha256(text), w: sha256(bytes) })));
      const narrow = await made('narrow', 'id int PRIMARY KEY');
      await load(narrow, lines(...[...Array(50_000).keys()].map((id) => `(${id})`)));
      expect(await count('narrow')).toBe('50000');
    });

    it('takes a row that is larger than a statement by a file only', async () => {
      const { load, wire } = await openLoader(engine, url, way);
      const table = await made('large', 'v longtext');
      const [row] = await wire.rows('SELECT @@max_allowed_packet AS packet');
      const size = Number(row?.['packet']);
      const work = load(table, Buffer.concat([Buffer.from(`('`), Buffer.alloc(size, 0x78), Buffer.from(`')\n`)]));
      if (way === 'files') {
        expect(await work).toBe(1);
        expect(await session.query(raw('SELECT LENGTH(v) AS n FROM large'))).toEqual([{ n: String(size) }]);
      } else {
        await expect(work).rejects.toThrow(
          /a row of large has \d+ bytes as SQL, and the server's max_allowed_packet is \d+/,
        );
      }
    });
  });

  it('fills a table alone in the transaction that has emptied it, and in no other', async () => {
    const bulk = await database.session({ bulk: true });
    await bulk.execute('CREATE TABLE alone (id int PRIMARY KEY)');
    const table = tableOf(await bulk.describe(), 'alone');
    const checks = (): Promise<unknown> =>
      bulk.transaction(async () => (await bulk.query(raw('SELECT @@unique_checks AS n')))[0]?.['n']);
    expect(await checks()).toBe('1');
    await bulk.transaction(() => bulk.empty(table));
    expect(await checks()).toBe('1');
  });

  it.each([
    [1114, 'full'],
    [1878, 'failure'],
    [3, `Error writing file ''x'' (OS errno 28 - No space left on device)`],
  ])('does not try again what the server has no room for, by the error %d', async (number, text) => {
    const { load, wire } = await openLoader(engine, url, 'files');
    await session.execute('CREATE TABLE IF NOT EXISTS full_disk (id int PRIMARY KEY)');
    const table = tableOf(await session.describe(), 'full_disk');
    wire.sendFile = async () =>
      wire.run(`SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = ${number}, MESSAGE_TEXT = '${text}'`);
    expect(await failure(load(table, lines('(1)')))).toMatchObject({ code: 'SERVER_FULL' });
    expect(await loadsAndInserts(wire)).toEqual([0, 0]);
  });

  it('goes by INSERT where the server does not allow files', async () => {
    const { load, wire } = await openLoader(engine, url, 'files');
    await session.execute('CREATE TABLE closed (id int PRIMARY KEY)');
    const table = tableOf(await session.describe(), 'closed');
    // What a server says that is set so.
    wire.sendFile = async () => wire.run(`SIGNAL SQLSTATE '42000' SET MYSQL_ERRNO = 3948, MESSAGE_TEXT = 'disabled'`);
    expect([await load(table, lines('(1)')), await load(table, lines('(2)'))]).toEqual([1, 1]);
    expect(await loadsAndInserts(wire)).toEqual([0, 2]);
  });
});

describe('a server that asks for files', () => {
  it('gets nothing for a statement that is no load', async () => {
    const rogue = await rogueServer('/etc/hostname');
    const wire = await connect(readUrl(rogue.url), 'test');
    await expect(wire.run('SELECT 1')).rejects.toThrow(/hostname/);
    // An empty packet says that there is no file.
    expect(rogue.received()).toEqual(Buffer.from([0, 0, 0, 2]));
    wire.destroy();

    const second = await rogueServer('/etc/hostname');
    const other = await connect(readUrl(second.url), 'test');
    await expect(other.send('INSERT', [Buffer.from('INSERT INTO t VALUES (1)')])).rejects.toThrow(/hostname/);
    expect(second.received()).toEqual(Buffer.alloc(0));
    other.destroy();
  });

  it('gets the rows of a load, once', async () => {
    const rows = lines(`(1)`, `(2)`);
    const rogue = await rogueServer('/etc/hostname', 2);
    const wire = await connect(readUrl(rogue.url), 'test');
    await expect(wire.sendFile('LOAD DATA', rows)).rejects.toThrow(/hostname/);
    expect(rogue.received()).toEqual(Buffer.concat([Buffer.from([8, 0, 0, 2]), rows, Buffer.from([0, 0, 0, 3])]));
    wire.destroy();
  });
});
