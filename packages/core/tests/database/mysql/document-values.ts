import * as fc from 'fast-check';

const digits = (most: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: most }).map((list) => list.join(''));

/** Literals of SQL without an exponent, which MySQL takes for decimal numbers. */
export const anyDecimal = fc
  .tuple(fc.constantFrom('', '-'), digits(30), fc.constantFrom(0, 1, 4, 5, 13, 14, 15, 20), digits(25))
  .map(([sign, whole, zeros, fraction]) => `${sign}${whole}.${'0'.repeat(zeros)}${fraction}`.slice(0, 60));

export const smallDecimal = fc.tuple(fc.integer(), fc.nat(20)).map(([value, scale]) => {
  const all = String(Math.abs(value)).padStart(scale + 1, '0');
  return scale === 0 ? String(value) : `${value < 0 ? '-' : ''}${all.slice(0, -scale)}.${all.slice(-scale)}`;
});

/** Literals with an exponent, which are doubles: any, and those that the server may write without one. */
export const double = fc
  .oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.double({ noNaN: true, min: -1e16, max: 1e16 }),
    fc
      .tuple(fc.double({ noNaN: true, min: 1, max: 10, maxExcluded: true }), fc.integer({ min: -17, max: 17 }))
      .map(([digit, exponent]) => Number(`${digit}e${exponent}`)),
    fc
      .tuple(fc.constantFrom('1', '9.5', '9.999999999999998'), fc.integer({ min: -17, max: 17 }))
      .map(([digit, exponent]) => Number(`${digit}e${exponent}`)),
  )
  .map((value) => value.toExponential());

const whole = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.bigInt({ min: -(10n ** 64n), max: 10n ** 64n }),
  fc.constantFrom(
    2n ** 53n,
    2n ** 53n + 1n,
    2n ** 63n - 1n,
    2n ** 63n,
    2n ** 64n - 1n,
    2n ** 64n,
    -(2n ** 63n) - 1n,
    0n,
  ),
);

const edge = fc.constantFrom(
  '0.0',
  '-0.0',
  '0.00',
  '1.0',
  '1.00',
  '10.0',
  '0.10',
  '1.10',
  '0.1',
  '-0e0',
  '1e0',
  '1e15',
  '1e14',
  '1e-5',
  '1e22',
  '0.00001',
  '0.0001',
  '0.30000000000000004',
  '0.1000000000000000055',
  '123456789012345.0',
  '1234567890123456.7',
  '9'.repeat(65),
  `0.${'0'.repeat(29)}1`,
  `${'9'.repeat(35)}.${'9'.repeat(30)}`,
  `-1${'0'.repeat(60)}.0`,
  '5e-324',
);

/** Text of every plane of Unicode, what documents and literals escape, and what looks like a number. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom('"', '\\', "'", '\n', '\0', '\u001a', '1.10', ': ', ', ', '-', '😀', 'é'),
    maxLength: 20,
  }),
  fc.oneof(anyDecimal, edge),
);

const literal = (string: string): string =>
  string === '' ? `''` : `_utf8mb4 X'${Buffer.from(string).toString('hex')}'`;

/** Numbers of a document in a text, in every spelling; MySQL refuses those beyond a double. */
function spelled(family: string): fc.Arbitrary<string> {
  const odd = ['-0', '-0.0', '1E5', '1e+5', '1.50e-3', '0.1e-7', '1e-400', '1.0', '1.10', '100', '1e308'];
  const giant = family === 'mysql' ? [] : ['1e400', '-1.5E+4000', '9'.repeat(400), `0.${'0'.repeat(400)}10`];
  const canonical = fc.oneof(whole.map(String), double, edge);
  return fc.oneof(fc.constantFrom(...odd, ...giant), canonical);
}

/** A document as text, with blanks in it. */
function documentText(family: string): fc.Arbitrary<string> {
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      spelled(family),
      text.map((string) => JSON.stringify(string)),
      fc.constantFrom('true', 'false', 'null', String.raw`"\u0031.10\/\ud83d\ude00"`),
      fc.array(tie('tree'), { maxLength: 4 }).map((list) => `[ ${list.join(' ,')}]`),
      fc
        .array(fc.tuple(text, tie('tree')), { maxLength: 4 })
        .map((list) => `{${list.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(', ')} }`),
    ),
  }));
  return tree;
}

/** SQL that makes a document of a text, or on MySQL by functions, which keep types that no text has. */
export function document(family: string): fc.Arbitrary<string> {
  const written = documentText(family).map((string) => literal(string));
  if (family !== 'mysql') return written;
  const { made } = fc.letrec<{ value: string; made: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.oneof(anyDecimal, smallDecimal, double, whole.map(String), edge),
      text.map(literal),
      fc.uint8Array({ minLength: 1, maxLength: 100 }).map((bytes) => `X'${Buffer.from(bytes).toString('hex')}'`),
      fc.constantFrom(
        'NULL',
        'TRUE',
        `DATE '2024-02-29'`,
        `TIME '-838:59:58.5'`,
        `TIMESTAMP '2024-02-29 23:59:59.120000'`,
        `b'101'`,
        `ST_GeomFromText('POINT(1.10 -2)')`,
      ),
      written.map((sql) => `CAST(${sql} AS JSON)`),
      tie('made'),
    ),
    made: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.array(tie('value'), { maxLength: 4 }).map((list) => `JSON_ARRAY(${list.join(', ')})`),
      fc
        .array(fc.tuple(text, tie('value')), { maxLength: 4 })
        .map((list) => `JSON_OBJECT(${list.map(([key, value]) => `${literal(key)}, ${value}`).join(', ')})`),
    ),
  }));
  const number = fc.oneof(anyDecimal, double, edge);
  const large = fc
    .tuple(text, fc.integer({ min: 60_000, max: 70_000 }), number)
    .map(([piece, size, last]) => `JSON_ARRAY(RPAD('', ${size}, ${literal(`${piece}"`)}), ${last})`);
  // A number alone is a document, too.
  const scalar = number.map((alone) => `JSON_EXTRACT(JSON_ARRAY(${alone}), '$[0]')`);
  return fc.oneof(
    { arbitrary: made, weight: 16 },
    { arbitrary: written, weight: 4 },
    { arbitrary: scalar, weight: 4 },
    { arbitrary: large, weight: 1 },
  );
}
