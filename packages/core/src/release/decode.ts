/**
 * The text of a script, without one byte order mark at its beginning. Encodings have the names of Java, as Flyway takes
 * them, or those of the web. Throws TypeError for bytes that do not fit, RangeError for an unknown encoding.
 */
export function decode(bytes: Buffer, encoding: string): string {
  return characters(bytes, encoding.toLowerCase()).replace(/^\uFEFF/, '');
}

/** One for a thousand files: it takes longer to make than to use. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function characters(bytes: Buffer, encoding: string): string {
  if (encoding === 'utf-8') return utf8.decode(bytes);
  // On the web these two are names of windows-1252.
  if (/^(iso-?8859[-_]1|latin-?1)$/.test(encoding)) return bytes.toString('latin1');
  if (/^(us-)?ascii$/.test(encoding)) {
    if (bytes.every((byte) => byte < 0x80)) return bytes.toString('latin1');
    throw new TypeError('it holds bytes that are not ASCII');
  }
  if (/^(windows-|cp)1252$/.test(encoding)) return windows1252(bytes);
  // Java reads it from the other end where no mark tells.
  const isBigEndian = encoding === 'utf-16' && !(bytes[0] === 0xff && bytes[1] === 0xfe);
  const decoder = new TextDecoder(isBigEndian ? 'utf-16be' : encoding, { fatal: true, ignoreBOM: true });
  return decoder.decode(bytes);
}

/** What windows-1252 has in place of the control characters 0x80 to 0x9f; blanks are not assigned. */
const letters = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ';

/** Written out, because some releases of Node take it for ISO-8859-1. */
function windows1252(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[\x80-\x9f]/g, (character) => {
    const letter = letters[character.charCodeAt(0) - 0x80] ?? ' ';
    if (letter === ' ') throw new TypeError('it holds bytes that windows-1252 does not assign');
    return letter;
  });
}
