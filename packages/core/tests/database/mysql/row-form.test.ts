import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Form } from '#core/database/mysql/row-form/forms.js';
import { rowForm } from '#core/database/mysql/row-form/row-form.js';
import { LockstepError } from '#core/errors.js';
import type { TableShape } from '#core/shape/shape.js';

type Value = string | Buffer | null;

function table(forms: readonly Form[]): TableShape {
  const columns = forms.map((form, index) => ({ name: `c\`${index}`, type: 'x', form }));
  return { schema: '', name: "t`'\n", label: 't', columns };
}

const anyForm = fc.constantFrom<Form>('number', 'double', 'text', 'ascii', 'bytes');
const number = fc.oneof(
  fc.bigInt().map(String),
  fc.tuple(fc.maxSafeInteger(), fc.nat()).map(([a, b]) => `${a}.${b}`),
  fc.constant('00042'),
);
const double = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .map((value) => (Object.is(value, -0) ? '-0' : String(value).replace('e+', 'e')));
const text = fc.string({ unit: 'binary', maxLength: 30 });
const bytes = fc.uint8Array({ maxLength: 30 }).map((array) => Buffer.from(array));

function valueOf(form: Form): fc.Arbitrary<Value> {
  const values: Readonly<Record<Form, fc.Arbitrary<Value>>> = { number, double, text, ascii: bytes, bytes };
  return fc.option(values[form], { nil: null, freq: 5 });
}

const content = fc.array(anyForm, { maxLength: 5 }).chain((forms) =>
  fc.record({
    forms: fc.constant(forms),
    rows: fc.array(fc.tuple(...forms.map(valueOf)), { maxLength: 8 }),
  }),
);

function lines(shape: TableShape, rows: readonly (readonly Value[])[]): Buffer {
  return Buffer.from(rows.map((row) => rowForm.encode(shape, row)).join(''));
}

describe('the row form', () => {
  it.each<[Form, Value, string]>([
    ['number', '-12.50', '-12.50'],
    ['number', null, 'NULL'],
    ['double', '0.1', '0.1e0'],
    ['double', '1.5e-300', '1.5e-300'],
    ['double', '-0', '-0e0'],
    ['text', '', `''`],
    ['text', 'NULL', `'NULL'`],
    ['text', `\0\n\r\u001a'"\\\t%_`, String.raw`'\0\n\r\Z\'"\\` + `\t%_'`],
    ['text', '€😀\u2028', `'€😀\u2028'`],
    ['bytes', Buffer.from([0, 255, 39]), '0x00ff27'],
    ['bytes', Buffer.alloc(0), `''`],
    ['ascii', Buffer.from(`it's`), String.raw`'it\'s'`],
    ['ascii', Buffer.from([0x41, 0xe4]), '0x41e4'],
  ])('writes %s %j', (form, value, expected) => {
    expect(rowForm.encode(table([form]), [value])).toBe(`(${expected})\n`);
  });

  it('wraps rows into statements of about a megabyte, and a giant row into its own', () => {
    const shape = { ...table(['text', 'number']), name: 't' };
    const row = (size: number): string => rowForm.encode(shape, ['x'.repeat(size), '1']);
    const wrapped = rowForm
      .wrap(shape, Buffer.from(row(400_000) + row(400_000) + row(400_000) + row(3_000_000) + row(1)))
      .toString();
    const head = 'INSERT INTO `t` (`c``0`,`c``1`) VALUES\n';
    const statements = wrapped.split(head).slice(1);
    expect(wrapped.startsWith(head)).toBe(true);
    expect(statements.map((statement) => statement.split('\n').length - 1)).toEqual([2, 1, 1, 1]);
    expect(statements.every((statement) => statement.endsWith(');\n'))).toBe(true);
    expect(rowForm.wrap(shape, Buffer.alloc(0)).toString()).toBe('');
  });

  it('unwraps what was wrapped', () => {
    fc.assert(
      fc.property(content, ({ forms, rows }) => {
        const shape = table(forms);
        const given = lines(shape, rows);
        expect(given.toString().split('\n').length - 1).toBe(rows.length);
        const wrapped = rowForm.wrap(shape, given);
        expect(rowForm.unwrap(shape, wrapped).equals(given)).toBe(true);
        expect(rowForm.unwrap(shape, wrapped, true).equals(given)).toBe(true);
      }),
    );
  });

  it('takes texts of any size', () => {
    const shape = { ...table(['text', 'number']), name: 't' };
    for (const size of [0, 100_000, 8_000_000, 10]) {
      const given = Buffer.from(rowForm.encode(shape, ['x'.repeat(size), '1']).repeat(3));
      expect(rowForm.unwrap(shape, rowForm.wrap(shape, given)).equals(given)).toBe(true);
    }
  });

  it('cuts rows down as if the table had only some of the columns', () => {
    fc.assert(
      fc.property(content, fc.func(fc.boolean()), ({ forms, rows }, keep) => {
        const positions = forms.map((_, index) => index).filter((index) => keep(index));
        const pick = <T>(list: readonly T[]): T[] => list.filter((_, index) => positions.includes(index));
        const expected = lines(
          table(pick(forms)),
          rows.map((row) => pick(row)),
        );
        expect(rowForm.project(lines(table(forms), rows), positions).toString()).toBe(expected.toString());
      }),
    );
  });

  it('takes a changed byte for damage, or for another row of the same form', () => {
    fc.assert(
      fc.property(content, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ forms, rows }, at, flip) => {
        fc.pre(rows.length > 0);
        const shape = table(forms);
        const wrapped = rowForm.wrap(shape, lines(shape, rows));
        const place = at % wrapped.length;
        wrapped[place] = (wrapped[place] ?? 0) ^ flip;
        expectSafe(shape, wrapped);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes a cut or a repeated piece for damage', () => {
    fc.assert(
      fc.property(content, fc.nat(), fc.nat(), ({ forms, rows }, first, second) => {
        fc.pre(rows.length > 0);
        const shape = table(forms);
        const wrapped = rowForm.wrap(shape, lines(shape, rows));
        const [from, to] = [first % wrapped.length, second % wrapped.length].toSorted((a, b) => a - b);
        expectSafe(shape, wrapped.subarray(0, to));
        expectSafe(shape, Buffer.concat([wrapped.subarray(0, to), wrapped.subarray(from)]));
      }),
    );
  });

  const shape = { ...table(['number', 'text']), name: 't' };
  const head = 'INSERT INTO `t` (`c``0`,`c``1`) VALUES\n';
  it.each([
    `${head}(1,'a');\nDROP TABLE t;\n`,
    `${head}(1,'a'); DROP TABLE t;\n`,
    `${head}(1,'a')`,
    `${head}(1,'a'),\n`,
    `${head}(1,'a');`,
    `${head}(1,'a'),\n;\n`,
    `${head};\n`,
    head,
    `${head}(1);\n`,
    `${head}(1,'a',2);\n`,
    `${head}(1, 'a');\n`,
    `${head}(1,now());\n`,
    `${head}(1,(SELECT 1));\n`,
    `${head}(1,'a' 'b');\n`,
    `${head}(1,'a\nb');\n`,
    `${head}(1,'a\0b');\n`,
    `${head}(1,'a''b');\n`,
    `${head}(1,'\\x');\n`,
    `${head}(1,'\\);\n`,
    `${head}(1,0x41);\n`,
    `${head}(1,"a");\n`,
    `${head}('1','a');\n`,
    `${head}(0x31,'a');\n`,
    `${head}(1e,'a');\n`,
    `${head}(--1,'a');\n`,
    `${head}(1--1,'a');\n`,
    `${head}(.5,'a');\n`,
    `${head}(1/**/,'a');\n`,
    `${head}(NULLX,'a');\n`,
    `${head}(@@version,'a');\n`,
    `${head}(1,_latin1'a');\n`,
    `insert into \`t\` (\`c\`\`0\`,\`c\`\`1\`) VALUES\n(1,'a');\n`,
    `INSERT INTO \`u\` (\`c\`\`0\`,\`c\`\`1\`) VALUES\n(1,'a');\n`,
    `SELECT 1;\n`,
    ` ${head}(1,'a');\n`,
    `${head}(1,'\xff');\n`,
  ])('refuses %j', (wrong) => {
    // latin1, so that the last one is no UTF-8.
    expect(() => rowForm.unwrap(shape, Buffer.from(wrong, 'latin1'))).toThrow(
      expect.objectContaining({ code: 'FILE_DAMAGED' }),
    );
  });
});

/** Either it is refused, or every line is a row that the writer could have written. */
function expectSafe(shape: TableShape, wrapped: Buffer): void {
  let rows: Buffer;
  try {
    rows = rowForm.unwrap(shape, wrapped);
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error;
    expect(error.code).toBe('FILE_DAMAGED');
    return;
  }
  expect(rowForm.unwrap(shape, rowForm.wrap(shape, rows)).equals(rows)).toBe(true);
  const all = shape.columns.map((_, index) => index);
  expect(rowForm.project(rows, all).equals(rows)).toBe(true);
}
