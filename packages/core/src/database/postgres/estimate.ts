import type { Sql } from '../sql.ts';
import { sql } from '../sql.ts';
import type { PostgresSession } from './session.ts';

/** The planner's estimate. It goes by the table's size of now and, where they were gathered, by its statistics. */
export async function estimateRows(session: PostgresSession, select: Sql): Promise<number> {
  const rows = await session.query(sql`EXPLAIN ${select}`);
  const [, count = '0'] = / rows=(\d+)/.exec(rows[0]?.['QUERY PLAN'] ?? '') ?? [];
  return Number(count);
}
