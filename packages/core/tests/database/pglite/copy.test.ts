import { CopyIn, CopyOut } from '#core/database/postgres/copy.js';
import { Command } from '#core/database/postgres/command.js';
import type { CopyConnection } from '#core/database/postgres/command.js';
import type { Client } from 'pg';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmbedded, value } from './embedded.ts';
import type { Embedded } from './embedded.ts';

let embedded: Embedded;
let client: Client;
let other: Client;

beforeAll(async () => {
  embedded = await startEmbedded();
  client = await embedded.client();
  other = await embedded.client();
  await client.query('create table item (id int primary key, name text)');
  await client.query('create table "odd )"" FROM" ("select, )" int, "ä ""b" text)');
});

beforeEach(async () => {
  await client.query('rollback; truncate item');
});

const load = (text: string, rows: string | Buffer): Promise<number> =>
  client.query(new CopyIn(text, Buffer.from(rows))).done;

const count = (): Promise<unknown> => value(client, 'select count(*)::int from item');

describe('COPY FROM STDIN', () => {
  it('loads rows', async () => {
    expect(await load('COPY item FROM STDIN', '1\ta\n2\t\\N\n')).toBe(2);
    const lines = Array.from({ length: 100_000 }, (_, index) => `${index + 3}\trow ${index}\n`);
    expect(await load('copy item (id, name) from stdin', lines.join(''))).toBe(100_000);
    expect(await load('COPY item FROM STDIN', '')).toBe(0);
    expect(await count()).toBe(100_002);
    expect(await value(client, 'select name from item where id = 2')).toBe(null);
  });

  it('is found however it is written', async () => {
    const texts = [
      ' ;\n-- load\n/* all */ COPY public . item ( id , name ) FROM STDIN;',
      `copy"item"from stdin with (format text, delimiter e'\\t')`,
      'COPY item FROM STDIN; SELECT 1',
    ];
    for (const text of texts) {
      expect(await load(text, '1\ta\n')).toBe(1);
      await client.query('truncate item');
    }
    expect(await load('COPY "odd )"" FROM" ("select, )", "ä ""b") FROM STDIN', '1\ta\n')).toBe(1);
    const binary = Buffer.concat([
      Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'),
      Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 7, 0, 0, 0, 1, 0x61, 0xff, 0xff]),
    ]);
    expect(await load('COPY item FROM STDIN (FORMAT binary)', binary)).toBe(1);
    expect(await value(client, 'select name from item where id = 7')).toBe('a');
  });

  it('fails as a whole on a wrong row, and the connection goes on', async () => {
    await expect(load('COPY item FROM STDIN', '1\ta\nx\tb\n')).rejects.toMatchObject({
      code: '22P02',
      where: expect.stringContaining('line 2, column id'),
    });
    await expect(load('COPY item FROM STDIN', '1\ta\n1\tb\n')).rejects.toMatchObject({ code: '23505' });
    await expect(load('COPY missing FROM STDIN', '1\ta\n')).rejects.toMatchObject({ code: '42P01' });
    expect(await count()).toBe(0);
    expect(await load('COPY item FROM STDIN', '1\ta\n')).toBe(1);
  });

  it('makes a transaction fail as it does on a server', async () => {
    await client.query('begin');
    await load('COPY item FROM STDIN', '1\ta\n');
    await expect(load('COPY item FROM STDIN', 'x\tb\n')).rejects.toMatchObject({ code: '22P02' });
    expect(client.getTransactionStatus()).toBe('E');
    await expect(client.query('select 1')).rejects.toMatchObject({ code: '25P02' });
    await expect(load('COPY item FROM STDIN', '2\tb\n')).rejects.toMatchObject({ code: '25P02' });
    await client.query('rollback');
    expect(await count()).toBe(0);
  });

  it('is given up when the client does so', async () => {
    await expect(client.query(new Command('COPY item FROM STDIN')).done).rejects.toMatchObject({ code: '57014' });
    expect(await count()).toBe(0);
  });

  it('is refused where its rows could not follow', async () => {
    await expect(load('SELECT 1; COPY item FROM STDIN', '1\ta\n')).rejects.toMatchObject({ code: '57014' });
    const extended = { text: 'COPY item FROM STDIN', queryMode: 'extended' };
    await expect(client.query(extended)).rejects.toMatchObject({
      message: expect.stringContaining('by the simple protocol'),
    });
    await expect(client.query(`DO $$BEGIN EXECUTE 'COPY item FROM STDIN'; END$$`)).rejects.toMatchObject({
      code: '0A000',
    });
    expect(await count()).toBe(0);
  });

  it('takes at most 64 MB at once', async () => {
    const line = Buffer.from(`1\t${'a'.repeat(1024 * 1024 - 3)}\n`);
    const rows = Buffer.concat(Array.from({ length: 65 }, () => line));
    await expect(load('COPY item FROM STDIN', rows)).rejects.toMatchObject({
      message: expect.stringContaining('at most 64 MB'),
    });
    expect(await load('COPY item FROM STDIN', '1\ta\n')).toBe(1);
  });

  it('keeps nobody waiting while its rows come', async () => {
    const slow = new Slow('COPY item FROM STDIN');
    const loading = client.query(slow).done;
    const connection = await slow.asked;
    connection.stream.write(copyData('1\ta\n'));
    expect(await value(other, 'select count(*)::int from item')).toBe(0);
    connection.stream.write(copyData('2\tb\n'));
    connection.stream.write(Buffer.from([0x63, 0, 0, 0, 4]));
    expect(await loading).toBe(2);
    expect(await value(other, 'select count(*)::int from item')).toBe(2);
  });

  it('is forgotten when the client goes in its middle', async () => {
    const gone = await embedded.client();
    const slow = new Slow('COPY item FROM STDIN');
    gone.query(slow);
    const connection = await slow.asked;
    connection.stream.write(copyData('1\ta\n'));
    connection.stream.destroy();
    await expect(slow.done).rejects.toThrow();
    expect(await count()).toBe(0);
  });
});

/** A COPY FROM STDIN whose rows the test sends. */
class Slow extends Command {
  #ask: (connection: CopyConnection) => void = () => undefined;
  readonly asked = new Promise<CopyConnection>((resolve) => {
    this.#ask = resolve;
  });

  override handleCopyInResponse(connection: CopyConnection): void {
    this.#ask(connection);
  }
}

function copyData(rows: string): Buffer {
  const head = Buffer.alloc(5);
  head.write('d');
  head.writeUInt32BE(Buffer.byteLength(rows) + 4, 1);
  return Buffer.concat([head, Buffer.from(rows)]);
}

describe('COPY TO STDOUT', () => {
  it('brings every row', async () => {
    const copy = client.query(
      new CopyOut(`COPY (SELECT i, repeat(md5(i::text), 30) FROM generate_series(1, 50000) i) TO STDOUT`),
    );
    let bytes = 0;
    let lines = 0;
    for (let piece = await copy.next(); piece !== undefined; piece = await copy.next()) {
      bytes += piece.length;
      lines += piece.toString('latin1').split('\n').length - 1;
    }
    expect(lines).toBe(50_000);
    expect(bytes).toBe(50_000 * (30 * 32 + 2) + 9 + 90 * 2 + 900 * 3 + 9000 * 4 + 40_001 * 5);
    expect(await value(client, 'select 1')).toBe(1);
  });

  it('fails without harm to the connection', async () => {
    const copy = client.query(new CopyOut(`COPY (SELECT 1 / (5000 - i) FROM generate_series(1, 10000) i) TO STDOUT`));
    const readAll = async (): Promise<void> => {
      while ((await copy.next()) !== undefined);
    };
    await expect(readAll()).rejects.toMatchObject({ code: '22012' });
    expect(await value(client, 'select 1')).toBe(1);
  });
});
