import type { ColumnShape, TableShape } from '../../shape/shape.ts';
import type { Flavour } from './flavour.ts';
import { quote } from './quote.ts';
import { formOf } from './row-form/forms.ts';
import type { Form } from './row-form/forms.ts';

/**
 * The LOAD DATA that reads rows as they are: fields between commas, in quotes where they are text, with the escapes that
 * LOAD DATA knows too, and NULL as a bare word. A line begins with `(` and ends with `)` and a newline, which stand in
 * no other place than text, where a newline is escaped. Bytes come in hexadecimal and take the way through a variable.
 */
export function loadStatement(table: TableShape, flavour: Flavour): string {
  const fields = table.columns.map((column, index) => (isPlain(column) ? quote(column.name) : `@lockstep_${index}`));
  const values = table.columns.flatMap((column, index) =>
    isPlain(column) ? [] : [`${quote(column.name)} = ${valueOf(formOf(column), `@lockstep_${index}`)}`],
  );
  if (values.length > 0 && flavour.loadForgetsColumns) values.push(...table.columns.filter(mayCount).map(asRead));
  return [
    `LOAD DATA LOCAL INFILE 'rows' INTO TABLE ${quote(table.name)} CHARACTER SET utf8mb4`,
    String.raw`FIELDS TERMINATED BY ',' ENCLOSED BY '\'' ESCAPED BY '\\' LINES STARTING BY '(' TERMINATED BY ')\n'`,
    `(${fields.join(',')})`,
    ...(values.length === 0 ? [] : [`SET ${values.join(', ')}`]),
  ].join(' ');
}

/**
 * True if LOAD DATA can read every value of these rows. A field in hexadecimal and a text that looks like one are the
 * same to it, so that no text may begin with `0x` where there are columns that hold either.
 */
export function isLoadable(table: TableShape, rows: Buffer): boolean {
  if (table.columns.length === 0) return false;
  return !table.columns.some((column) => formOf(column) === 'ascii') || !rows.includes(`'0x`);
}

/** Any column that could be AUTO_INCREMENT. */
function mayCount({ type }: ColumnShape): boolean {
  return /int|float|double/.test(type);
}

function asRead({ name }: ColumnShape): string {
  return `${quote(name)} = ${quote(name)}`;
}

function isPlain(column: ColumnShape): boolean {
  const form = formOf(column);
  return form !== 'bytes' && form !== 'ascii';
}

/** Text in another character set than UTF-8 is all ASCII if it is not in hexadecimal. As bytes it is stored as it is. */
function valueOf(form: Form, variable: string): string {
  const bytes = `UNHEX(SUBSTR(${variable}, 3))`;
  if (form === 'bytes') return bytes;
  return `IF(${variable} LIKE '0x%' COLLATE utf8mb4_bin, ${bytes}, CAST(${variable} AS BINARY))`;
}
