import * as fc from 'fast-check';
import type { SqlValue } from '#core/database/sql.js';

/** The types of a column, each with values that it can hold. Texts are compared as bytes. */
export function valueTypes(family: string): readonly [type: string, values: fc.Arbitrary<SqlValue>][] {
  const int = (bits: number, signed: boolean): fc.Arbitrary<SqlValue> =>
    fc.bigInt({ min: signed ? -(2n ** BigInt(bits - 1)) : 0n, max: 2n ** BigInt(signed ? bits - 1 : bits) - 1n });
  const digits = (count: number): fc.Arbitrary<string> =>
    fc.string({
      unit: fc.constantFrom('0', '1', '2', '3', '4', '5', '6', '7', '8', '9'),
      minLength: count,
      maxLength: count,
    });
  const float = fc.float({ noNaN: true, noDefaultInfinity: true }).map(String);
  const double = fc
    .oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(5e-324, Number.MAX_VALUE, 2.2250738585072014e-308, -0),
    )
    .map((value) => (Object.is(value, -0) ? '-0' : String(value)));
  const text = (unit: 'binary' | 'grapheme', maxLength: number): fc.Arbitrary<SqlValue> =>
    fc.oneof(
      fc.string({ unit, maxLength }),
      fc.constantFrom('', '\\', "'", '\0\b\t\n\r\u001a"%_', '\u{10ffff}', '\uffff', '\u2028', '𝄞', 'e\u0301'),
    );
  const bytes = (minLength: number, maxLength: number): fc.Arbitrary<SqlValue> =>
    fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));
  const pad = (value: number, width: number): string => String(value).padStart(width, '0');
  const date = fc
    .tuple(fc.nat(9999), fc.nat(12), fc.nat(31))
    .map(([year, month, day]) =>
      month === 0 && day !== 0 && year === 0 ? '0000-00-00' : `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`,
    );
  const clock = fc
    .tuple(fc.nat(23), fc.nat(59), fc.nat(59), fc.nat(999_999))
    .map(([hour, minute, second, micro]) => `${pad(hour, 2)}:${pad(minute, 2)}:${pad(second, 2)}.${pad(micro, 6)}`);
  const stamp = fc
    .tuple(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.nat(999_999))
    .map(
      ([seconds, micro]) => `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')}.${pad(micro, 6)}`,
    );
  const json = fc
    .json()
    .filter((value) => !/\\ud[89a-f]/i.test(value))
    .map((value) => value);
  const common: [string, fc.Arbitrary<SqlValue>][] = [
    ['tinyint', int(8, true)],
    ['smallint unsigned', int(16, false)],
    ['mediumint', int(24, true)],
    ['int(9) unsigned zerofill', int(32, false)],
    ['bigint', int(64, true)],
    ['bigint unsigned', int(64, false)],
    [
      'decimal(65,30)',
      fc.tuple(fc.constantFrom('', '-'), digits(35), digits(30)).map(([sign, a, b]) => `${sign}${a}.${b}`),
    ],
    ['decimal(3,3)', digits(3).map((value) => `0.${value}`)],
    ['float', float],
    ['double', double],
    ['double(30,5)', fc.double({ min: -1e15, max: 1e15, noNaN: true }).map(String)],
    ['bit(1)', int(1, false)],
    ['bit(64)', int(64, false)],
    ['year', fc.oneof(fc.integer({ min: 1901, max: 2155 }), fc.constant(0))],
    ['date', date],
    ['datetime(6)', fc.tuple(date, clock).map((parts) => parts.join(' '))],
    [
      'time(6)',
      fc
        .tuple(fc.constantFrom('', '-'), fc.nat(838), clock)
        .map(([sign, hours, rest]) => `${sign}${pad(hours, 2)}${rest.slice(2)}`),
    ],
    ['timestamp(6) NULL', fc.oneof(stamp, fc.constant('0000-00-00 00:00:00'))],
    ['char(20)', text('grapheme', 5)],
    ['varchar(200)', text('binary', 50)],
    ['longtext', text('binary', 400)],
    ['varchar(50) CHARACTER SET latin1', bytes(0, 50)],
    ['varchar(50) CHARACTER SET cp1251', bytes(0, 50)],
    ['varchar(50) CHARACTER SET ascii', fc.string({ maxLength: 50 })],
    ['varchar(50) CHARACTER SET utf16', text('binary', 12)],
    ['varchar(50) CHARACTER SET gb18030', text('grapheme', 12)],
    [`enum('a','','it''s','ü') CHARACTER SET utf8mb4`, fc.constantFrom('a', '', "it's", 'ü')],
    [`set('x','y y','''')`, fc.constantFrom('', 'x', 'x,y y', "'", "x,'")],
    ['binary(7)', bytes(0, 7)],
    ['varbinary(100)', bytes(0, 100)],
    ['longblob', bytes(0, 400)],
    ['json', json],
  ];
  return family === 'mysql'
    ? [...common, ['vector(3)', bytes(12, 12).map((value) => finiteFloats(value))]]
    : [
        ...common.filter(([type]) => !type.includes('gb18030')),
        ['uuid', fc.uuid()],
        ['inet6', fc.ipV6()],
        ['varchar(50) CHARACTER SET ascii', bytes(0, 50)],
      ];
}

/** A vector takes no NaN and no infinity: the largest exponent is taken out. */
function finiteFloats(value: SqlValue): Buffer {
  const bytes = Buffer.isBuffer(value) ? Buffer.from(value) : Buffer.alloc(12);
  for (let at = 3; at < bytes.length; at += 4) bytes[at] = (bytes[at] ?? 0) & 0xbf;
  return bytes;
}
