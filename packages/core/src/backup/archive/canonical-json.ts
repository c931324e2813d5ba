/** What JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * The one JSON text of a value, after RFC 8785: no white space, the keys of an object in the order of their UTF-16 code
 * units, strings and numbers as JSON.stringify writes them. Equal values give equal bytes, so they can be hashed.
 */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, member]) => ({ key, member }));
  members.sort((a, b) => (a.key < b.key ? -1 : 1));
  return `{${members.map(({ key, member }) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}
