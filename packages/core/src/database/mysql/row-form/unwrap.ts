import { isUtf8 } from 'node:buffer';
import { LockstepError } from '../../../errors.ts';
import type { TableShape } from '../../database.ts';
import { forms } from './forms.ts';
import { insertHead } from './insert.ts';
import type { Wrong } from './statements.ts';
import { linesOf } from './statements.ts';

/**
 * The rows of statements that {@link inserts} made, as lines. Anything else in the text is FILE_DAMAGED; where the bytes
 * have been `checked` before, only their outline is looked at.
 */
export function unwrap(table: TableShape, text: Buffer, checked = false): Buffer {
  if (!checked && !isUtf8(text)) throw damaged(table, 'it is not UTF-8');
  const columns = table.columns.map(({ form }) => forms.find((known) => known === form));
  const found = linesOf(text, Buffer.from(insertHead(table)), columns, checked);
  if (Buffer.isBuffer(found)) return found;
  throw damaged(table, reasons[found.what], found.at);
}

const reasons: Readonly<Record<Wrong['what'], string>> = {
  head: 'an INSERT is not the expected one',
  row: 'a row is not a list of the expected literals',
  end: 'a row has no end',
};

function damaged(table: TableShape, reason: string, at?: number): LockstepError {
  const place = at === undefined ? '' : `, byte ${at} of its piece`;
  return new LockstepError('FILE_DAMAGED', { file: `The data of ${table.label}`, reason: `${reason}${place}` });
}
