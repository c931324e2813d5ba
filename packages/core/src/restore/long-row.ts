import type { RowLimit, TableShape } from '../database/database.ts';
import { LockstepError } from '../errors.ts';

const newline = 0x0a;

/** Throws ROW_TOO_LARGE if one of the rows, whole lines in the row form, is longer than the server takes. */
export function refuseLongRow(table: TableShape, rows: Buffer, limit: RowLimit | undefined): void {
  if (!limit || rows.length <= limit.bytes) return;
  for (let at = 0; at < rows.length;) {
    const end = rows.indexOf(newline, at);
    const found = end - at;
    if (found > limit.bytes) {
      const details = { table: table.label, found, needed: limit.bytes, remedy: limit.remedy(found) };
      throw new LockstepError('ROW_TOO_LARGE', details);
    }
    at = end + 1;
  }
}
