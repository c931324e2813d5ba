import { createHash } from 'node:crypto';
import { canonicalJson } from './archive/canonical-json.ts';

export interface ContentFacts {
  readonly fingerprint: string;
  readonly release: string;
  readonly tables: readonly { readonly name: string; readonly rows: number; readonly digest: string }[];
}

/**
 * The content root: one SHA-256 (64 hexadecimal digits) for shape, release and every row of a database. It is taken over
 * the canonical JSON of `{fingerprint, release, tables: [{digest, name, rows}]}` with the tables in the order of the
 * UTF-8 bytes of their names. Databases with the same content have the same root, whatever the order of their rows.
 */
export function contentRoot({ fingerprint, release, tables }: ContentFacts): string {
  const facts = tables.map(({ name, rows, digest }) => ({ name, rows, digest }));
  facts.sort((a, b) => compareUtf8(a.name, b.name));
  return createHash('sha256')
    .update(canonicalJson({ fingerprint, release, tables: facts }))
    .digest('hex');
}

/** The order of the UTF-8 bytes, which differs from JavaScript's own beyond U+FFFF. */
export function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
