const wholeLimits = { low: -(2n ** 63n), high: 2n ** 64n - 1n };

/**
 * MySQL keeps a DECIMAL in a document that was made by a function, and writes its digits; whoever reads them back gets a
 * double, which may be written in another way. True if the text of a number is the one that comes out again. The value
 * is only looked at here: the bytes that are kept are the server's.
 */
export function isExactNumber(text: string): boolean {
  if (!text.includes('.')) {
    const whole = BigInt(text);
    return whole >= wholeLimits.low && whole <= wholeLimits.high;
  }
  const value = Number(text);
  // Up to 15 digits before the point and zeros behind it, a double is written without an exponent.
  const isPlain = value === 0 || (Math.abs(value) >= 1e-14 && Math.abs(value) < 1e15);
  return isPlain && plainText(value) === text;
}

/** The shortest digits that mean this double, with a point. JavaScript and MySQL agree on them. */
function plainText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [, sign = '', first = '', more = '', exponent = ''] =
    /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(value.toExponential()) ?? [];
  const digits = first + more;
  const point = Number(exponent) + 1;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.slice(0, point).padEnd(point, '0')}.${digits.slice(point) || '0'}`;
}
