import { quote } from './quote.ts';

/** The name of Flyway's lock for a history table: named locks are the server's, so the database is part of it. */
export function lockName(database: string, table: string): string {
  return `Flyway-${javaHash(`${quote(database)}.${quote(table)}`)}`;
}

/** Java's String.hashCode(): signed, 32 bits, over UTF-16 units. */
function javaHash(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  return hash;
}
