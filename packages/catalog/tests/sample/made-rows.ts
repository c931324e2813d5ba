import type { Row } from '@lockstep/core';
import { Model } from '#catalog/sample/model.js';
import { formOf } from '#catalog/sample/release.js';
import { addRows } from '#catalog/sample/rows.js';

/** The rows of a sample by table, without a database. */
export function madeRows(release: string, tables: number, seed = 'lockstep'): ReadonlyMap<string, readonly Row[]> {
  const rows = new Map<string, Row[]>();
  const add = (table: string, row: Row): void => {
    const known = rows.get(table);
    if (known) known.push(row);
    else rows.set(table, [row]);
  };
  for (const _ of addRows({ add }, new Model(seed, tables), formOf(release)));
  return rows;
}
