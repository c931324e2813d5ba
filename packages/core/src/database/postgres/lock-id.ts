import type { LockName } from '../database.ts';
import { quoteTable } from './quote.ts';

/** The letters "Flyway" as a number: where Flyway's lock ids begin. */
const flyway = 0x466c79776179n;

/** The advisory lock that Flyway takes for a history table: its letters plus Java's hash of the quoted name. */
export function lockId(name: LockName): bigint {
  return flyway + BigInt(javaHash(quoteTable({ schema: name.schema, name: name.table })));
}

/** String.hashCode of Java: over UTF-16 code units, in 32 bits with sign. */
export function javaHash(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  return hash;
}
