import { LockstepError } from '../../../errors.ts';
import { raw } from '../../sql.ts';
import { quote } from '../quote.ts';
import type { MysqlSession } from '../session.ts';
import type { Bound } from './condition.ts';
import { condition } from './condition.ts';
import type { KeyType, NumberLine } from './key-type.ts';

/** Places on the number line from `low` to `high`, both included. */
interface Stretch {
  readonly low: bigint;
  readonly high: bigint;
  /** Estimated. */
  readonly rows: number;
}

/** Bounds between parts, and how many rows the largest part has by estimate. */
export interface Bounds {
  readonly bounds: readonly Bound[];
  readonly largest: number;
}

/**
 * Bounds by the first column of the key: halves the line of its values until no stretch has many more than `rows` rows
 * by the server's estimate, or until there are `most` of them. The server looks at two places of the index for an
 * estimate, and reads no rows.
 */
export async function reckonBounds(
  session: MysqlSession,
  table: string,
  type: KeyType,
  line: NumberLine,
  rows: number,
  most: number,
): Promise<Bounds> {
  const [range] = await session.query(
    raw(`SELECT MIN(${type.select}) AS low, MAX(${type.select}) AS high FROM ${quote(table)}`),
  );
  const [low, high] = [range?.['low'] ?? null, range?.['high'] ?? null];
  if (low === null || high === null) return { bounds: [], largest: 0 };
  const estimate = (from: bigint, to: bigint): Promise<number> =>
    estimateRows(session, table, type, condition([type], [line.literal(from)], [line.literal(to + 1n)]));
  const stretches: Stretch[] = [];
  const split = async (stretch: Stretch): Promise<void> => {
    if (stretch.rows <= rows || stretch.low === stretch.high || stretches.length >= most) {
      stretches.push(stretch);
      return;
    }
    const middle = (stretch.low + stretch.high) >> 1n;
    await split({ low: stretch.low, high: middle, rows: await estimate(stretch.low, middle) });
    await split({ low: middle + 1n, high: stretch.high, rows: await estimate(middle + 1n, stretch.high) });
  };
  await split({ low: line.lowest(low), high: line.highest(high), rows: Infinity });
  return join(stretches, line, rows);
}

/** Neighbours that are small together become one part. */
function join(stretches: readonly Stretch[], line: NumberLine, rows: number): Bounds {
  const bounds: Bound[] = [];
  let current = 0;
  let largest = 0;
  for (const [index, stretch] of stretches.entries()) {
    if (index > 0 && current + stretch.rows > rows) {
      bounds.push([line.literal(stretch.low)]);
      current = 0;
    }
    current += stretch.rows;
    largest = Math.max(largest, current);
  }
  return { bounds, largest };
}

/** MySQL makes no estimate if it is told which index to take, unless there is a GROUP BY. */
async function estimateRows(session: MysqlSession, table: string, { name }: KeyType, where: string): Promise<number> {
  const [plan] = await session.query(
    raw(`EXPLAIN SELECT 1 FROM ${quote(table)} FORCE INDEX (PRIMARY) WHERE ${where} GROUP BY ${name}`),
  );
  const rows = plan?.['rows'];
  if (rows === undefined)
    throw new LockstepError('INTERNAL', { reason: 'a plan of the server has no estimate of rows' });
  // NULL where the server knows that there is none.
  return Number(rows ?? 0);
}
