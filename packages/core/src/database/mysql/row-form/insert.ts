import type { TableShape } from '../../database.ts';
import { Room } from '../../room.ts';
import { quote } from '../quote.ts';
import { punctuate, punctuatedSize } from './statements.ts';

const newline = 0x0a;

/** A statement grows until it has so many bytes; a row that is larger has its own. */
const statementSize = 1024 * 1024;

/** The line before the rows. */
export function insertHead(table: TableShape): string {
  return `INSERT INTO ${quote(table.name)} (${table.columns.map(({ name }) => quote(name)).join(',')}) VALUES\n`;
}

/** Rows as INSERT statements of about a megabyte. */
export function inserts(table: TableShape, rows: Buffer, room = new Room()): Buffer[] {
  const head = Buffer.from(insertHead(table));
  let free = room.take(punctuatedSize(rows.length) + 1);
  return [...statementsOf(rows)].flatMap((some) => {
    const written = punctuate(some, free);
    free = free.subarray(written.length);
    return [head, written];
  });
}

/** The rows of each statement: whole lines. */
function* statementsOf(rows: Buffer): Generator<Buffer> {
  for (let from = 0; from < rows.length;) {
    const last = rows.lastIndexOf(newline, Math.min(from + statementSize, rows.length) - 1);
    const end = (last >= from ? last : rows.indexOf(newline, from)) + 1;
    yield rows.subarray(from, end);
    from = end;
  }
}
