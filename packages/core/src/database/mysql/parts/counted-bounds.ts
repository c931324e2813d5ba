import { raw } from '../../sql.ts';
import { quote } from '../quote.ts';
import type { MysqlSession } from '../session.ts';
import type { Bound } from './condition.ts';
import { condition } from './condition.ts';
import type { KeyType } from './key-type.ts';

/** Bounds by all columns of the key, found by counting `rows` rows at a time along the index; `most` of them. */
export async function countBounds(
  session: MysqlSession,
  table: string,
  key: readonly KeyType[],
  rows: number,
  most: number,
): Promise<readonly Bound[]> {
  const columns = key.map(({ select }, index) => `${select} AS k${index}`).join(', ');
  const order = key.map(({ name }) => name).join(', ');
  const bounds: Bound[] = [];
  while (bounds.length < most) {
    const from = condition(key, bounds.at(-1), undefined);
    const [row] = await session.query(
      raw(`SELECT ${columns} FROM ${quote(table)} FORCE INDEX (PRIMARY)${from === '' ? '' : ` WHERE ${from}`}
        ORDER BY ${order} LIMIT 1 OFFSET ${rows}`),
    );
    if (!row) break;
    bounds.push(key.map((type, index) => type.literal(row[`k${index}`] ?? '')));
  }
  return bounds;
}
