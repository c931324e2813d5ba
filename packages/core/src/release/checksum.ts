import { crc32 } from 'node:zlib';

/**
 * Flyway's checksum of a script: CRC-32 over the UTF-8 text without a leading byte order mark and without line ends,
 * as a signed 32-bit integer. Throws TypeError when the bytes are not UTF-8.
 */
export function checksum(bytes: Buffer): number {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  const lines = Buffer.from(text.replace(/^\uFEFF/, '').replace(/\r\n|\n|\r/g, ''));
  return crc32(lines) | 0;
}
