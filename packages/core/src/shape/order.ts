/**
 * Compares texts by their UTF-8 bytes: the order of everything that is hashed. JavaScript's own order goes by UTF-16
 * units, which puts characters beyond U+FFFF before U+E000 to U+FFFF.
 */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const [left, right] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (left !== right) return weight(left) - weight(right);
  }
  return a.length - b.length;
}

/** Surrogates, which are halves of the characters beyond U+FFFF, go behind everything else. */
function weight(unit: number): number {
  const surrogate = unit >= 0xd8_00 && unit <= 0xdf_ff;
  return surrogate ? unit + 0x1_00_00 : unit;
}
