import type { RowChange } from '../keyed-rows.ts';
import { rowParts } from '../keyed-rows.ts';
import type { Flavour } from './flavour.ts';
import { keyCast, keyText } from './keyed-sql.ts';
import { quote } from './quote.ts';
import { valueText } from './values.ts';
import type { Wire } from './wire.ts';

/** Bytes of one statement's values. */
const statementSize = 1024 * 1024;

/**
 * Gives many rows new values by one statement: a list of values is joined by the key, and comes first in the join.
 * (INSERT ... ON DUPLICATE KEY UPDATE would need all columns, and bring rows back that are gone.) Returns the number of
 * rows found.
 */
export async function updateRows(
  wire: Wire,
  flavour: Flavour,
  largestPacket: number,
  change: RowChange,
): Promise<number> {
  let changed = 0;
  for (const rows of rowParts(change.rows, Math.min(statementSize, largestPacket / 4))) {
    changed += (await wire.run(statement({ ...change, rows }, flavour))).changed;
  }
  return changed;
}

function statement({ table, key, columns, rows }: RowChange, flavour: Flavour): string {
  const lists = rows.map((row) => {
    const values = row.map((value, at) => {
      const column = key[at];
      return column ? keyText(column, value) : valueText(value);
    });
    return `${flavour.rowWord}(${values.join(',')})`;
  });
  const names = [...key, ...columns].map((_, at) => `v${at}`);
  const on = key.map((column, at) => `changed.${quote(column.name)} = ${keyCast(column, `given.v${at}`)}`);
  const set = columns.map((column, at) => `changed.${quote(column.name)} = given.v${key.length + at}`);
  return `UPDATE (WITH list (${names.join(', ')}) AS (VALUES ${lists.join(',')}) SELECT * FROM list) AS given
    STRAIGHT_JOIN ${quote(table.name)} AS changed ON ${on.join(' AND ')} SET ${set.join(', ')}`;
}
