import { LockstepError } from '../../../errors.ts';
import { literalEnd } from './scan.ts';

const [open, close, comma, newline] = [0x28, 0x29, 0x2c, 0x0a];

/** The lines cut down to the columns at these positions, which ascend. */
export function project(rows: Buffer, positions: readonly number[]): Buffer {
  const out = Buffer.allocUnsafe(rows.length + 1);
  let length = 0;
  let at = 0;
  while (at < rows.length) {
    out[length++] = open;
    let column = 0;
    let next = 0;
    while (rows[at] !== close) {
      const from = at + 1;
      at = rows[from] === close ? from : literalEnd(rows, from, undefined);
      if (at === -1) throw new LockstepError('INTERNAL', { reason: 'a row is not in the row form' });
      if (at > from && positions[next] === column) {
        if (next > 0) out[length++] = comma;
        length += rows.copy(out, length, from, at);
        next += 1;
      }
      column += 1;
    }
    if (next !== positions.length) throw new LockstepError('INTERNAL', { reason: 'a row has too few columns' });
    out[length++] = close;
    out[length++] = newline;
    at += 2;
  }
  return out.subarray(0, length);
}
