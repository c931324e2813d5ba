import * as fc from 'fast-check';
import type { Family } from '@lockstep/core';

/** A column, and generated values for it as SQL expressions. */
export interface GeneratedColumn {
  readonly name: string;
  readonly type: string;
  readonly values: fc.Arbitrary<string>;
}

/** A column of every type that the family's shape may have. */
export function generatedColumns(family: Family): readonly GeneratedColumn[] {
  const types = family === 'postgres' ? postgresTypes : mysqlTypes;
  return Object.entries(types).map(([type, values], index) => ({
    name: `c${index}`,
    type,
    values: fc.option(values, { nil: 'NULL', freq: 6 }),
  }));
}

/** The beginning of a zstd frame, of a skippable one, and of an age file. */
const magic = ['28b52ffd', '504d2a18', '5e2a4d18', '6167652d656e6372797074696f6e2e6f7267'];
const hex = fc
  .array(
    fc.oneof(
      fc.constantFrom(...magic, '00', '0a', '5c', '5c2e0a', '27', '09', '0d0a', '1a', 'ff', 'c080'),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));

/** Every plane of Unicode, and what looks like an escape, an end, a comment or a statement. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\\',
        '\\.',
        '\n\\.\n',
        '\\N',
        '\t',
        '\r\n',
        '\b',
        '\u001a',
        "'",
        "''",
        '"',
        '`',
        '%',
        '_',
        '0x41',
      ),
      fc.constantFrom('-- lockstep tail', '; DROP TABLE x;', '/*', '*/', '$$', 'NULL', 'é', 'e\u0301', '\u{10ffff}'),
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join('').replaceAll('\0', ''));
const largeText = fc.integer({ min: 1, max: 9 }).map((digit) => `${digit}\\'"\n€😀`.repeat(90_000));

/** So many characters, as databases count them. */
const firstOf = (value: string, count: number): string => Array.from(value).slice(0, count).join('');

const integer = (bits: number, signed = true): fc.Arbitrary<string> => {
  const [min, max] = signed ? [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n] : [0n, 2n ** BigInt(bits) - 1n];
  return fc.oneof(fc.constantFrom(min, max, 0n), fc.bigInt({ min, max })).map(String);
};
const digits = (count: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: count }).map((all) => all.join(''));
const decimal = (before: number, after: number): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom('', '-'), digits(before), digits(after))
    .map(([sign, left, right]) => `${sign}${left}.${right}`);
const float = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(3.4028234663852886e38, 1.401298464324817e-45, 16_777_216, 8_388_608.5),
);
const double = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(Number.MAX_VALUE, 5e-324, 0.1, 0.3, 2 ** 53),
);
const written = (value: number): string => (Object.is(value, -0) ? '-0e0' : value.toExponential());
const two = (value: number): string => String(value).padStart(2, '0');
const day = (min: number, max: number): fc.Arbitrary<string> =>
  fc
    .tuple(fc.integer({ min, max }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
    .map(([year, month, date]) => `${String(year).padStart(4, '0')}-${two(month)}-${two(date)}`);
const clock = fc
  .tuple(fc.nat(23), fc.nat(59), fc.nat(59), fc.nat(999_999))
  .map(
    ([hour, minute, second, micro]) => `${two(hour)}:${two(minute)}:${two(second)}.${String(micro).padStart(6, '0')}`,
  );
const moment = (min: number, max: number): fc.Arbitrary<string> =>
  fc.tuple(day(min, max), clock).map((both) => both.join(' '));
const json = fc
  .jsonValue({ stringUnit: 'grapheme', maxDepth: 4 })
  .map((value) => JSON.stringify(value).replaceAll(/\\u0000/g, ''));
const uuid = fc.uuid();
const bits = (length: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom('0', '1'), { minLength: length, maxLength: length }).map((all) => all.join(''));

const quoted = (values: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  values.map((value) => `'${value.replaceAll("'", "''")}'`);

/** Postgres's literals: with `standard_conforming_strings` only the quote is special. */
const postgresTypes: Readonly<Record<string, fc.Arbitrary<string>>> = {
  smallint: integer(16),
  integer: integer(32),
  bigint: integer(64),
  numeric: quoted(fc.oneof(decimal(200, 100), fc.constantFrom('NaN', 'Infinity', '-Infinity', '0.000', '-0'))),
  'numeric(20,5)': quoted(decimal(15, 5)),
  real: quoted(fc.oneof(float.map(written), fc.constantFrom('NaN', 'Infinity', '-Infinity', '-0'))),
  'double precision': quoted(fc.oneof(double.map(written), fc.constantFrom('NaN', 'Infinity', '-Infinity', '-0'))),
  text: quoted(fc.oneof({ weight: 60, arbitrary: text }, { weight: 1, arbitrary: largeText })),
  'varchar(300)': quoted(text.map((value) => firstOf(value, 300))),
  'char(7)': quoted(text.map((value) => firstOf(value, 7))),
  bytea: hex.map((value) => `'\\x${value}'`),
  boolean: fc.constantFrom('true', 'false'),
  date: quoted(fc.oneof(day(1, 9999), fc.constantFrom('infinity', '-infinity', '4713-01-01 BC', '5874897-12-31'))),
  timestamp: quoted(fc.oneof(moment(1, 9999), fc.constantFrom('infinity', '-infinity', '4713-01-01 00:00:00 BC'))),
  timestamptz: quoted(
    fc.oneof(
      moment(1, 9999).map((value) => `${value}+13:45`),
      fc.constantFrom('infinity', '-infinity'),
    ),
  ),
  'timestamp(3)': quoted(moment(1900, 2100)),
  time: quoted(fc.oneof(clock, fc.constant('24:00:00'))),
  timetz: quoted(fc.tuple(clock, fc.constantFrom('+00', '-12:30', '+15:59:59')).map((both) => both.join(''))),
  interval: quoted(
    fc
      .tuple(integer(32), integer(32), integer(50))
      .map(([months, days, micros]) => `${months} months ${days} days ${micros} microseconds`),
  ),
  uuid: quoted(uuid),
  json: quoted(json),
  jsonb: quoted(json),
  inet: quoted(fc.oneof(fc.ipV4(), fc.ipV6())),
  'bit(9)': bits(9).map((value) => `B'${value}'`),
  'bit varying': fc
    .nat(40)
    .chain(bits)
    .map((value) => `B'${value}'`),
  'text[]': fc
    .array(fc.option(quoted(text), { nil: 'NULL' }), { maxLength: 4 })
    .map((all) => `ARRAY[${all.join(',')}]::text[]`),
  'int[]': fc.array(integer(32), { maxLength: 4 }).map((all) => `ARRAY[[${all.join(',')}]]::int[]`),
  int4range: fc.tuple(fc.nat(100), fc.nat(100)).map(([from, length]) => `int4range(${from}, ${from + length})`),
  point: fc.tuple(double, double).map((all) => `'(${all.map(written).join(',')})'`),
  money: decimal(9, 2).map((value) => `'${value}'::numeric::money`),
  tsvector: quoted(fc.lorem({ maxCount: 5 })),
};

/** Any bytes of these, as the expression of a string. */
const utf8 = (values: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  values.map((value) => `CONVERT(0x${Buffer.from(value).toString('hex')} USING utf8mb4)`.replace('0x ', `'' `));
const binary = hex.map((value) => (value === '' ? `''` : `0x${value}`));
const latin = fc.string({
  unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 30,
});

const mysqlTypes: Readonly<Record<string, fc.Arbitrary<string>>> = {
  tinyint: integer(8),
  'smallint unsigned': integer(16, false),
  mediumint: integer(24),
  int: integer(32),
  bigint: integer(64),
  'bigint unsigned': integer(64, false),
  'decimal(65,30)': decimal(35, 30),
  'decimal(10,0)': integer(32),
  float: float.map(written),
  double: double.map(written),
  'bit(64)': bits(64).map((value) => `b'${value}'`),
  'bit(3)': bits(3).map((value) => `b'${value}'`),
  'char(7) character set utf8mb4': utf8(text.map((value) => firstOf(value, 7))),
  'varchar(300) character set utf8mb4': utf8(text.map((value) => firstOf(value, 300))),
  'longtext character set utf8mb4': utf8(
    fc.oneof({ weight: 60, arbitrary: text }, { weight: 1, arbitrary: largeText }),
  ),
  'varchar(50) character set latin1': utf8(latin),
  'varchar(50) character set ascii': utf8(fc.string({ unit: 'binary-ascii', maxLength: 30 })),
  'varbinary(300)': binary,
  'binary(12)': binary.map((value) => value.slice(0, 26)),
  longblob: binary,
  date: quoted(fc.oneof(day(0, 9999), fc.constantFrom('0000-00-00', '2024-00-10', '2024-02-31', '9999-12-31'))),
  'datetime(6)': quoted(
    fc.oneof(moment(0, 9999), fc.constantFrom('0000-00-00 00:00:00', '9999-12-31 23:59:59.999999')),
  ),
  'timestamp(6) null': quoted(
    fc.oneof(
      moment(1971, 2037),
      fc.constantFrom('0000-00-00 00:00:00', '1970-01-01 00:00:01', '2038-01-19 03:14:07.999999'),
    ),
  ),
  'time(6)': quoted(fc.oneof(clock, fc.constantFrom('-838:59:59', '838:59:59', '-00:00:00.000001'))),
  year: fc.oneof(fc.integer({ min: 1901, max: 2155 }), fc.constant(0)).map(String),
  "enum('a','b''c','')": fc.constantFrom(`'a'`, `'b''c'`, `''`),
  // A value that is not in the list, which reads as ''.
  "enum('x','1')": fc.constantFrom(`'x'`, `'1'`, '0'),
  "set('x','y','z')": fc.constantFrom(`''`, `'x'`, `'x,z'`, '7'),
  json: utf8(json),
};
