/**
 * Compares texts by their UTF-8 bytes: the order of everything that is hashed. JavaScript's own order goes by UTF-16
 * units, which puts characters beyond U+FFFF before U+E000 to U+FFFF.
 */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
