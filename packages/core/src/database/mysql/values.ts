import { LockstepError } from '../../errors.ts';
import type { Sql, SqlValue } from '../sql.ts';
import { render } from '../sql.ts';
import { literal, quote } from './quote.ts';

/**
 * A statement with its values put in as literals. The text protocol is used throughout, because the binary one would
 * turn numbers and times into JavaScript values.
 */
export function renderText(statement: Sql): string {
  const placeholder = '\0';
  const { text, values } = render(statement, quote, () => placeholder);
  const parts = text.split(placeholder);
  if (parts.length !== values.length + 1) {
    throw new LockstepError('INTERNAL', { reason: 'a statement for MySQL holds the character NUL' });
  }
  return parts.map((part, index) => (index === 0 ? part : valueText(values[index - 1] ?? null) + part)).join('');
}

export function valueText(value: SqlValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return literal(value);
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return numberText(value);
  return value.length === 0 ? "''" : `0x${value.toString('hex')}`;
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  throw new LockstepError('INTERNAL', { reason: `${value} cannot be written as a number of MySQL` });
}
