import { CatalogError } from '../errors.ts';

/** MariaDB's JSON functions stop at 32 levels. Documents are wrapped a few levels deeper in lists of changes. */
const deepest = 24;

/**
 * A JSON value as every supported database can store it. Keys without a value (null) are left out. Throws
 * INVALID_REQUEST for what one of them refuses: the character NUL, half of a surrogate pair, a number beyond the range
 * of a double, more than 24 levels.
 */
export function clean(value: unknown, level = 0): unknown {
  if (level > deepest) throw new CatalogError('INVALID_REQUEST', `The JSON has more than ${deepest} levels.`);
  if (typeof value === 'string') return cleanText(value);
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new CatalogError('INVALID_REQUEST', 'A number is too large.');
  }
  if (Array.isArray(value)) return value.map((element) => clean(element, level + 1));
  if (typeof value !== 'object' || value === null) return value;
  return cleanObject(value, level);
}

/** {@link clean} for an object. Throws INVALID_REQUEST for anything else. */
export function cleanObject(value: unknown, level = 0): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CatalogError('INVALID_REQUEST', 'The body must be a JSON object.');
  }
  const entries = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [cleanText(key), clean(inner, level + 1)]));
}

function cleanText(text: string): string {
  if (!/\0|\p{Surrogate}/u.test(text)) return text;
  throw new CatalogError(
    'INVALID_REQUEST',
    'A text holds the character NUL or half of a surrogate pair, which databases do not store.',
  );
}
