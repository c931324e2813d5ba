import { createHash } from 'node:crypto';
import { compareBytes } from './order.ts';
import type { Fact, Shape, ShapeKind } from './shape.ts';

/**
 * Owners and grants name roles, and roles belong to a server, not to a database. The same release runs as `app` here
 * and as `postgres` there, operators take rights away from PUBLIC or give some to a report user, and all of them are
 * right. So these two kinds are described, carried and compared, but a fingerprint leaves them out.
 */
const belongsToServer: ReadonlySet<ShapeKind> = new Set(['owner', 'grant']);

/** True if objects of this kind count in the fingerprint. */
export function countsInFingerprint(kind: ShapeKind): boolean {
  return !belongsToServer.has(kind);
}

/**
 * The fingerprint of a shape: SHA-256, 64 lower-case hex digits.
 *
 * What is hashed is UTF-8 text, one line for each object that counts: the JSON array `[kind,name,facts]` followed by
 * `\n`. The JSON has no spaces, the keys of objects are in the order of their UTF-8 bytes, and strings and numbers
 * are written as ECMAScript's JSON.stringify writes them. The lines are in the order of kind, then name, by their
 * UTF-8 bytes. A shape without objects hashes the empty text.
 */
export function fingerprint(shape: Shape): string {
  const hash = createHash('sha256');
  const counted = shape.objects.filter((object) => countsInFingerprint(object.kind));
  const sorted = counted.toSorted((a, b) => compareBytes(a.kind, b.kind) || compareBytes(a.name, b.name));
  for (const { kind, name, facts } of sorted) hash.update(`${canonicalJson([kind, name, facts])}\n`);
  return hash.digest('hex');
}

/** JSON without spaces and with sorted keys: equal facts give equal text. */
export function canonicalJson(fact: Fact): string {
  if (fact === null || typeof fact !== 'object') return JSON.stringify(fact);
  if (isList(fact)) return `[${fact.map(canonicalJson).join(',')}]`;
  const entries = Object.entries(fact).toSorted(([a], [b]) => compareBytes(a, b));
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${canonicalJson(value)}`).join(',')}}`;
}

export function isList(fact: Fact): fact is readonly Fact[] {
  return Array.isArray(fact);
}
