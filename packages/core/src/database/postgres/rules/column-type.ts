import type { KnownTables } from '../../../plan/known-tables.ts';

interface Type {
  readonly base: string;
  readonly modifiers: readonly number[];
}

/** Casts that only put another name on the bytes. From pg_cast, castmethod `b`, for the types that people use. */
const sameBytes = new Set(
  `text>varchar varchar>text text>bpchar varchar>bpchar cidr>inet xml>text xml>varchar xml>bpchar int4>oid oid>int4
  bit>varbit varbit>bit timestamp>timestamptz timestamptz>timestamp`.split(/\s+/),
);

const withPrecision = new Set(['timestamp', 'timestamptz', 'time', 'timetz', 'interval']);
const highestPrecision = 6;

/**
 * Whether ALTER COLUMN TYPE has to write the table anew. Types as `typeText` writes them; an unknown type before counts
 * as one that has to be converted. The session's time zone is UTC on every connection of Lockstep, so timestamps change
 * to and fro without a conversion.
 */
export function typeChangeRewrites(from: string, to: string, known: KnownTables): boolean {
  const [before, after] = [parse(resolve(from, known)), parse(to)];
  const domain = known.domains.get(to);
  if (domain) {
    // The values are looked at, and the server writes them anew while it does so.
    if (domain.constrained) return from !== to;
    return typeChangeRewrites(from, domain.base, known);
  }
  if (before.base !== after.base) {
    return (
      !sameBytes.has(`${before.base}>${after.base}`) || !keepsValues({ ...before, base: after.base }, after, false)
    );
  }
  return !keepsValues(before, after, true);
}

/** The base type of a domain; other types as they are. */
function resolve(type: string, known: KnownTables): string {
  return known.domains.get(type)?.base ?? type;
}

function parse(type: string): Type {
  const [, base = '', list = ''] = /^([^(]*)(?:\(([^)]*)\))?$/.exec(type) ?? [];
  return { base, modifiers: list === '' ? [] : list.split(',').map(Number) };
}

/** Every value of the one is a value of the other, as it stands, by its length or precision. */
function keepsValues(before: Type, after: Type, sameType: boolean): boolean {
  const [length] = before.modifiers;
  const [longer] = after.modifiers;
  if (String(before.modifiers) === String(after.modifiers)) return true;
  if (withPrecision.has(after.base)) return longer === undefined || longer >= Math.min(length ?? 99, highestPrecision);
  if (longer === undefined) return after.base !== 'bpchar' || !sameType;
  if (after.base === 'varchar' || after.base === 'varbit') return length !== undefined && longer >= length;
  if (after.base !== 'numeric' || length === undefined) return false;
  return longer >= length && (before.modifiers[1] ?? 0) === (after.modifiers[1] ?? 0);
}
