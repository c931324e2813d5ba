import { crc32 } from 'node:zlib';

/**
 * Flyway's checksum of a script: CRC-32 over the text in UTF-8 without line ends, as a signed 32-bit integer. A byte
 * order mark at its beginning is no part of the text (see `decode`).
 */
export function checksum(text: string): number {
  return crc32(Buffer.from(text.replace(/\r\n|\n|\r/g, ''))) | 0;
}
