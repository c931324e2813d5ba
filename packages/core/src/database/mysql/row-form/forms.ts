import { LockstepError } from '../../../errors.ts';
import type { ColumnShape } from '../../../shape/shape.ts';

/**
 * How a column's values stand in a row:
 * - number: digits as the server writes them
 * - double: all digits of a FLOAT or DOUBLE, always with an exponent, so that no decimal number is made on the way
 * - text: a quoted string in UTF-8
 * - ascii: the bytes of a character set other than UTF-8: quoted if all are ASCII, else in hexadecimal
 * - bytes: hexadecimal
 */
export const forms = ['number', 'double', 'text', 'ascii', 'bytes'] as const;

export type Form = (typeof forms)[number];

export function formOf(column: ColumnShape): Form {
  const form = forms.find((known) => known === column.form);
  if (form) return form;
  throw new LockstepError('INTERNAL', { reason: `the column ${column.name} has no row form` });
}
