import { LockstepError } from '../errors.ts';
import type { PlaceholderSource } from './product.ts';

/** What stands for `${name}` in scripts. */
export interface Placeholders {
  /** By name in lower case. */
  readonly values: ReadonlyMap<string, string>;
  readonly prefix: string;
  readonly suffix: string;
}

/** Placeholders that Flyway fills itself, by what only the database knows. */
export const databasePlaceholders: readonly string[] = [
  'flyway:defaultschema',
  'flyway:user',
  'flyway:database',
  'flyway:timestamp',
];

/** Reads what a product says of placeholders. Throws USAGE for names that differ in case only. */
export function readPlaceholders(source: PlaceholderSource | undefined): Placeholders | undefined {
  if (!source) return undefined;
  const { values = {}, prefix = '${', suffix = '}' } = source;
  if (prefix === '' || suffix === '') {
    throw new LockstepError('USAGE', { reason: 'the prefix and the suffix of placeholders may not be empty' });
  }
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(values)) {
    const key = name.toLowerCase();
    if (found.has(key)) throw new LockstepError('USAGE', { reason: `the placeholder ${name} has two values` });
    found.set(key, value);
  }
  return { values: found, prefix, suffix };
}

/** A script with the values put in. */
export interface Replaced {
  readonly text: string;
  /** The names, in lower case, of what was replaced or left to the database. */
  readonly names: ReadonlySet<string>;
}

/**
 * Puts values in for the placeholders of a script, in strings and comments too, and not again in what was put in. Those
 * that only the database knows stay, unless their values are given as well.
 * Throws PLACEHOLDER_MISSING.
 *
 * @example replacePlaceholders('GRANT SELECT ON shop TO ${reader};', placeholders, 'V1__grant.sql').text
 */
export function replacePlaceholders(
  script: string,
  placeholders: Placeholders,
  file: string,
  fromDatabase: ReadonlyMap<string, string> = new Map(),
): Replaced {
  const { prefix, suffix, values } = placeholders;
  const known = new Map([...defaults(file), ...fromDatabase, ...values]);
  const names = new Set<string>();
  let text = '';
  let from = 0;
  for (;;) {
    const at = script.indexOf(prefix, from);
    if (at < 0) return { text: text + script.slice(from), names };
    const end = script.indexOf(suffix, at + prefix.length);
    const name = script.slice(at + prefix.length, end < 0 ? undefined : end);
    const key = name.toLowerCase();
    const whole = script.slice(at, end < 0 ? undefined : end + suffix.length);
    const value = known.get(key) ?? (databasePlaceholders.includes(key) ? whole : undefined);
    if (end < 0 || value === undefined) {
      const line = script.slice(0, at).split(/\r\n|\n|\r/).length;
      const placeholder = end < 0 ? `${prefix}${name.split(/\s/)[0] ?? ''} (which does not end)` : whole;
      throw new LockstepError('PLACEHOLDER_MISSING', { placeholder, file, line });
    }
    names.add(key);
    text += script.slice(from, at) + value;
    from = end + suffix.length;
  }
}

/** Flyway's own values that do not depend on the database. */
function defaults(file: string): [string, string][] {
  return [
    ['flyway:filename', file.slice(file.lastIndexOf('/') + 1)],
    ['flyway:workingdirectory', process.cwd()],
    ['flyway:table', 'flyway_schema_history'],
    ['flyway:environment', 'default'],
  ];
}
