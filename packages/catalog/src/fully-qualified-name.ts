import { createHash } from 'node:crypto';
import { CatalogError } from './errors.ts';

/**
 * Joins names into a fully qualified name. A name that holds a dot or a double quote is put in double quotes, with the
 * quotes inside of it doubled, so that every list of names has a fully qualified name of its own.
 *
 * @example
 * buildFullyQualifiedName(['shop', 'public', 'a.b']) // shop.public."a.b"
 */
export function buildFullyQualifiedName(names: readonly string[]): string {
  return names.map(quoteName).join('.');
}

/** One name as it stands in a fully qualified name. */
export function quoteName(name: string): string {
  return /[."]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}

/**
 * The names in a fully qualified name: the inverse of {@link buildFullyQualifiedName}.
 * Throws INVALID_REQUEST for text that is none.
 */
export function splitFullyQualifiedName(text: string): string[] {
  const names: string[] = [];
  const part = /(?:"((?:[^"]|"")+)"|([^."]+))(\.|$)/gsy;
  let end = false;
  while (!end) {
    const match = part.exec(text);
    if (match === null)
      throw new CatalogError('INVALID_REQUEST', `${JSON.stringify(text)} is no fully qualified name.`);
    const [, quoted, plain, separator] = match;
    names.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    end = separator === '';
  }
  return names;
}

/** SHA-256 of the name's UTF-8 bytes in hex: the column `fqn_hash`. */
export function hashOfName(fullyQualifiedName: string): string {
  return createHash('sha256').update(fullyQualifiedName, 'utf8').digest('hex');
}
