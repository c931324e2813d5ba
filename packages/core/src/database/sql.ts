/**
 * A statement with its values kept apart, written once for every engine.
 *
 * `sql` takes a template: values become parameters, other `Sql` pieces are put in place, `identifier` quotes names.
 *
 * @example
 * session.query(sql`SELECT name FROM ${identifier('public', 'shop')} WHERE id = ${42}`)
 */
export type SqlValue = string | number | bigint | boolean | null | Buffer;

export class Sql {
  readonly strings: readonly string[];
  readonly values: readonly (SqlValue | Sql | Identifier)[];

  constructor(strings: readonly string[], values: readonly (SqlValue | Sql | Identifier)[]) {
    this.strings = strings;
    this.values = values;
  }
}

/** A name, or a dotted path of names, that the engine quotes in its own way. */
export class Identifier {
  readonly path: readonly string[];

  constructor(path: readonly string[]) {
    this.path = path;
  }
}

export function sql(strings: TemplateStringsArray, ...values: readonly (SqlValue | Sql | Identifier)[]): Sql {
  return new Sql(strings, values);
}

/** Quotes names when the statement is rendered. Empty parts are left out, so a missing schema may be passed as ''. */
export function identifier(...path: readonly string[]): Identifier {
  return new Identifier(path.filter((part) => part !== ''));
}

/** SQL text without values. The caller answers for what is in it. */
export function raw(text: string): Sql {
  return new Sql([text], []);
}

/** Pieces put in a row with a separator, `, ` unless told otherwise. */
export function join(pieces: readonly (SqlValue | Sql | Identifier)[], separator = ', '): Sql {
  const strings = pieces.map((_, index) => (index === 0 ? '' : separator));
  return new Sql(pieces.length === 0 ? [''] : [...strings, ''], pieces);
}

export interface RenderedSql {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** Turns a statement into text and values. `placeholder` gets the 1-based position of a value. */
export function render(
  statement: Sql,
  quote: (name: string) => string,
  placeholder: (position: number) => string,
): RenderedSql {
  const values: SqlValue[] = [];
  const write = (piece: Sql): string =>
    piece.strings.reduce((text, part, index) => {
      if (index === 0) return part;
      return text + place(piece.values[index - 1]) + part;
    }, '');
  const place = (value: SqlValue | Sql | Identifier | undefined): string => {
    if (value instanceof Sql) return write(value);
    if (value instanceof Identifier) return value.path.map(quote).join('.');
    values.push(value ?? null);
    return placeholder(values.length);
  };
  return { text: write(statement), values };
}
