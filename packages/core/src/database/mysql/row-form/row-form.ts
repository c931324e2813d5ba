import type { RowForm } from '../../database.ts';
import { formOf } from './forms.ts';
import { inserts } from './insert.ts';
import { project } from './project.ts';
import { RowWriter } from './row-writer.ts';
import { unwrap } from './unwrap.ts';

/**
 * The row form of MySQL and MariaDB: a row is a line `(v1,v2,...)` of literals. Numbers and NULL stand bare, text, times
 * and JSON in quotes, bytes as `0x...`. No line holds a newline, because strings escape it; `\0 \n \r \Z \' \\` are the
 * only escapes.
 */
export const rowForm: RowForm = {
  encode(table, values) {
    const writer = new RowWriter(table.columns.map(formOf), 1024);
    writer.addValues(values);
    return writer.take().toString();
  },
  wrap: (table, rows) => Buffer.concat(inserts(table, rows)),
  wrapInPieces: inserts,
  unwrap,
  project,
};
