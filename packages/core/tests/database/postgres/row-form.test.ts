import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { postgresRows } from '#core/database/postgres/row-form.js';
import type { PostgresSession } from '#core/database/postgres/session.js';
import { raw } from '#core/database/sql.js';
import { LockstepError } from '#core/errors.js';
import { runProgram } from '../../../../../tests/fixtures/program.ts';
import { clientOf } from '../../../../../tests/fixtures/client.ts';
import { collect, describeEachServer, openFresh, openSession, tableShape } from './servers.ts';

const table = tableShape('t', ['a', 'b', 'c']);
const rowForm = postgresRows;

/** Text that holds what COPY treats specially more often than chance would have it. */
const copyText = fc
  .array(
    fc.oneof(
      fc.constantFrom('\\', '\\N', '\\.', '\n', '\r', '\t', '\b', '\f', '\v', '', ';', "'"),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join('').replaceAll('\0', ''));
const value = fc.oneof(fc.constant(null), copyText, fc.constantFrom('\\.', '\\N', '', '\\'));
const row = fc.tuple(value, value, value);

describe('encode', () => {
  it.each<[values: (string | Buffer | null)[], line: string]>([
    [['a', null, ''], 'a\t\\N\t\n'],
    [['\\N', '\\.', '\\'], '\\\\N\t\\\\.\t\\\\\n'],
    [['\b\f\n', '\r\t', '\v'], '\\b\\f\\n\t\\r\\t\t\\v\n'],
    [[Buffer.from([0, 0xff, 0x5c]), Buffer.alloc(0), 'ü'], '\\\\x00ff5c\t\\\\x\tü\n'],
  ])('%j', (values, line) => {
    expect(rowForm.encode(table, values)).toBe(line);
  });

  it('writes an empty line for a row without columns', () => {
    expect(rowForm.encode(tableShape('t', []), [])).toBe('\n');
  });

  it('refuses another number of values than columns', () => {
    expect(() => rowForm.encode(table, ['a', 'b'])).toThrow(LockstepError);
  });
});

describe('wrap and unwrap', () => {
  it('makes a COPY statement of its own', () => {
    const odd = { ...tableShape('o"dd', ['a b']), schema: 's' };
    expect(rowForm.wrap(odd, Buffer.from('1\n')).toString()).toBe('COPY "s"."o""dd" ("a b") FROM stdin;\n1\n\\.\n');
    expect(rowForm.wrap(tableShape('t', []), Buffer.from('\n\n')).toString()).toBe(
      'COPY "public"."t" FROM stdin;\n\n\n\\.\n',
    );
  });

  it('gives back what was wrapped', () => {
    fc.assert(
      fc.property(fc.array(row), (values) => {
        const rows = Buffer.from(values.map((line) => rowForm.encode(table, line)).join(''));
        expect(rowForm.unwrap(table, rowForm.wrap(table, rows)).equals(rows)).toBe(true);
      }),
    );
  });

  it.each(['', '\n', '\n\n'])('gives back rows without columns: %j', (rows) => {
    const empty = tableShape('t', []);
    expect(rowForm.unwrap(empty, rowForm.wrap(empty, Buffer.from(rows))).toString()).toBe(rows);
  });

  const head = 'COPY "public"."t" ("a", "b", "c") FROM stdin;\n';

  it.each<[title: string, text: string | Buffer, reason: RegExp]>([
    ['nothing', '', /does not begin/],
    ['another table', 'COPY "public"."u" ("a", "b", "c") FROM stdin;\n\\.\n', /does not begin/],
    ['a statement before', `SELECT 1;\n${head}\\.\n`, /does not begin/],
    ['a head alone', head, /does not begin/],
    ['no end', `${head}1\t2\t3\n`, /does not end/],
    ['something behind the end', `${head}1\t2\t3\n\\.\nDROP TABLE t;\n`, /does not end/],
    ['an end inside', `${head}1\t2\t3\n\\.\n\\.\n`, /escape|fields/],
    ['an end inside, and a statement', `${head}\\.\nDROP TABLE t;\n\\.\n`, /escape|fields/],
    ['too few fields', `${head}1\t2\n\\.\n`, /2 fields instead of 3/],
    ['too many fields', `${head}1\t2\t3\t4\n\\.\n`, /4 fields instead of 3/],
    ['a row that is cut off', `${head}1\t2\t3\\.\n`, /escape|cut off/],
    ['a row without its end', `${head}1\t2\t3\n1\t2\\.\n`, /escape|cut off/],
    ['an unknown escape', `${head}1\t\\x41\t3\n\\.\n`, /escape/],
    ['an escaped digit', `${head}1\t\\101\t3\n\\.\n`, /escape/],
    ['an escaped tab', `${head}1\t\\\t\t3\n\\.\n`, /escape/],
    ['an escaped line end', `${head}1\t2\t\\\n\\.\n`, /escape/],
    ['NULL with something behind', `${head}1\t\\Nx\t3\n\\.\n`, /escape/],
    ['NULL with something before', `${head}1\tx\\N\t3\n\\.\n`, /escape/],
    ['a carriage return', `${head}1\t2\t3\r\n\\.\n`, /control character/],
    ['the character NUL', `${head}1\t2\t\0\n\\.\n`, /control character/],
    [
      'bytes that are no UTF-8',
      Buffer.concat([Buffer.from(`${head}1\t2\t`), Buffer.from([0xff]), Buffer.from('\n\\.\n')]),
      /UTF-8/,
    ],
  ])('refuses %s', (_, text, reason) => {
    expect(refused(text)).toMatch(reason);
  });

  it('refuses fields in a table without columns', () => {
    const empty = tableShape('t', []);
    expect(() => rowForm.unwrap(empty, rowForm.wrap(empty, Buffer.from('x\n')))).toThrow(LockstepError);
  });
});

describe('project', () => {
  it('gives the lines of a table with only these columns', () => {
    fc.assert(
      fc.property(fc.array(row), fc.subarray([0, 1, 2]), (values, positions) => {
        const rows = Buffer.from(values.map((line) => rowForm.encode(table, line)).join(''));
        const smaller = tableShape('t', positions.map(String));
        const expected = values.map((line) =>
          rowForm.encode(
            smaller,
            positions.map((position) => line[position] ?? null),
          ),
        );
        expect(rowForm.project(rows, positions).toString()).toBe(expected.join(''));
      }),
    );
  });
});

function refused(text: string | Buffer): string {
  try {
    rowForm.unwrap(table, Buffer.from(text));
  } catch (error) {
    if (error instanceof LockstepError && error.code === 'FILE_DAMAGED') return error.details['reason'] ?? '';
    throw error;
  }
  return 'accepted';
}

describeEachServer('rows', (engine) => {
  let url: string;
  let session: PostgresSession;

  beforeAll(async () => {
    const fresh = await openFresh(engine);
    url = fresh.url;
    session = await openSession(fresh.database);
    await session.execute('CREATE TABLE t (a text, b text, c text)');
    await session.execute('CREATE TABLE bytes (a bytea)');
    await session.execute('CREATE TABLE nothing ()');
  });

  it('are what the server writes after loading them, and what it was given', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (values) => {
        const rows = Buffer.from(values.map((line) => rowForm.encode(table, line)).join(''));
        await session.execute('TRUNCATE t');
        expect(await session.load(table, rows)).toBe(values.length);
        expect((await collect(session.copyOut('COPY t TO STDOUT'))).equals(rows)).toBe(true);
        const found = await session.query(raw('SELECT a, b, c FROM t ORDER BY ctid'));
        expect(found).toEqual(values.map(([a, b, c]) => ({ a, b, c })));
      }),
      { numRuns: 100 },
    );
  });

  it('hold bytes', async () => {
    const shape = tableShape('bytes', ['a']);
    const all = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    await session.load(shape, Buffer.from(rowForm.encode(shape, [all])));
    expect(await session.query(raw("SELECT encode(a, 'hex') AS a FROM bytes"))).toEqual([{ a: all.toString('hex') }]);
  });

  it('may have no columns', async () => {
    const shape = tableShape('nothing', []);
    expect(await session.load(shape, Buffer.from('\n\n\n'))).toBe(3);
    expect((await collect(session.copyOut('COPY nothing TO STDOUT'))).toString()).toBe('\n\n\n');
  });

  it('load with psql as they are wrapped', async () => {
    const [values] = fc.sample(fc.array(row, { minLength: 200, maxLength: 200 }), { numRuns: 1, seed: 42 });
    const rows = Buffer.from((values ?? []).map((line) => rowForm.encode(table, line)).join(''));
    await session.execute('TRUNCATE t, nothing');
    const { program, args } = clientOf({ engine, url });
    const script = Buffer.concat([
      rowForm.wrap(table, rows),
      rowForm.wrap(tableShape('nothing', []), Buffer.from('\n\n')),
    ]);
    expect(await runProgram(program, args, { input: script })).toMatchObject({ code: 0, stderr: '' });
    expect((await collect(session.copyOut('COPY t TO STDOUT'))).equals(rows)).toBe(true);
    expect(await session.query(raw('SELECT count(*) AS n FROM nothing'))).toEqual([{ n: '2' }]);
  });
});
