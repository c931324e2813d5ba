import { isUtf8 } from 'node:buffer';
import { LockstepError } from '../../../errors.ts';
import type { TableShape } from '../../database.ts';
import { forms } from './forms.ts';
import type { Form } from './forms.ts';
import { insertHead } from './insert.ts';
import { literalEnd } from './scan.ts';

const [open, close, comma, semicolon, newline] = [0x28, 0x29, 0x2c, 0x3b, 0x0a];

/** The rows of statements that {@link wrap} made. Anything else in the text is FILE_DAMAGED. */
export function unwrap(table: TableShape, text: Buffer): Buffer {
  const head = Buffer.from(insertHead(table));
  const columns = table.columns.map(({ form }) => forms.find((known) => known === form));
  if (!isUtf8(text)) throw damaged(table, 'it is not UTF-8');
  const out = Buffer.allocUnsafe(text.length);
  let length = 0;
  let at = 0;
  while (at < text.length) {
    if (!text.subarray(at, at + head.length).equals(head))
      throw damaged(table, 'an INSERT is not the expected one', at);
    at += head.length;
    for (let last = false; !last;) {
      const end = rowEnd(text, at, columns);
      if (end === -1) throw damaged(table, 'a row is not a list of the expected literals', at);
      last = text[end] === semicolon;
      if ((!last && text[end] !== comma) || text[end + 1] !== newline) throw damaged(table, 'a row has no end', end);
      length += text.copy(out, length, at, end);
      out[length++] = newline;
      at = end + 2;
    }
  }
  return out.subarray(0, length);
}

/** The end of the row that begins at `at`: `(`, one literal for each column, `)`. -1 if it is anything else. */
function rowEnd(text: Buffer, start: number, columns: readonly (Form | undefined)[]): number {
  if (text[start] !== open) return -1;
  let at = start + 1;
  for (let index = 0; index < columns.length; index += 1) {
    if (index > 0) {
      if (text[at] !== comma) return -1;
      at += 1;
    }
    at = literalEnd(text, at, columns[index]);
    if (at === -1) return -1;
  }
  return text[at] === close ? at + 1 : -1;
}

function damaged(table: TableShape, reason: string, at?: number): LockstepError {
  const place = at === undefined ? '' : `, byte ${at} of its piece`;
  return new LockstepError('FILE_DAMAGED', { file: `The data of ${table.label}`, reason: `${reason}${place}` });
}
