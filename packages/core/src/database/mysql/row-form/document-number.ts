const wholeLimits = { low: -(2n ** 63n), high: 2n ** 64n - 1n };

/** Places of the point before or behind the first digit that a double is written with, if it has no more digits. */
const places = { low: -14, high: 15 };

/**
 * MySQL keeps a DECIMAL in a document that was made by a function, and writes its digits; whoever reads them back gets a
 * double, which may be written in another way. True if the text of a number is the one that comes out again. The value
 * is only looked at here: the bytes that are kept are the server's. A number with an exponent is none of these.
 */
export function isExactNumber(text: string): boolean {
  if (text.includes('.')) return textOf(Number(text)) === text;
  const whole = BigInt(text);
  return whole >= wholeLimits.low && whole <= wholeLimits.high;
}

/**
 * A double as MySQL writes it (my_gcvt in its source), or undefined if that has an exponent: the shortest digits that mean it,
 * on which JavaScript agrees, with a point.
 */
function textOf(value: number): string | undefined {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [, sign = '', first = '', more = '', exponent = ''] =
    /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(value.toExponential()) ?? [];
  const digits = first + more;
  const point = Number(exponent) + 1;
  if (point < places.low || (point > places.high && point >= digits.length)) return undefined;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.slice(0, point).padEnd(point, '0')}.${digits.slice(point) || '0'}`;
}
