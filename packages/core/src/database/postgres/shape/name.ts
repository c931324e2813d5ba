import type { Row } from '../../database.ts';
import { quote } from '../quote.ts';
import { text } from './row.ts';

/** A name with its schema and whatever else leads to it, as SQL. */
export function qualified(...path: readonly string[]): string {
  return path.map(quote).join('.');
}

/**
 * A name with its schema as people read it: `public.shop`. A part that could be misread is quoted, so that different
 * objects never have the same name.
 */
export function display(...path: readonly string[]): string {
  return path.map((part) => (ambiguous.test(part) ? quote(part) : part)).join('.');
}

/**
 * A type, or a list of them, as a fact. The server quotes a name such as `json_value` as soon as its grammar knows it as
 * a word, so quotes that are not needed to tell names apart are left out.
 */
export function typeName(type: string): string {
  return type.replace(/"((?:[^"]|"")*)"/g, (quoted, name: string) =>
    /^[a-z_][a-z0-9_$]*$/.test(name) ? name : quoted,
  );
}

const ambiguous = /[\s."(),\p{C}]/u;

/** SQL of the name of a row with `schema` and `name`. */
export function sqlName(row: Row): string {
  return qualified(text(row, 'schema'), text(row, 'name'));
}

/** The same for people. */
export function nameOf(row: Row): string {
  return display(text(row, 'schema'), text(row, 'name'));
}
