import type { Wire } from './wire.ts';

/** The planner's estimate: the rows that it will read, and the percentage of them that it will keep. */
export async function estimateRows(wire: Wire, select: string): Promise<number> {
  const [row] = await wire.rows(`EXPLAIN ${select}`);
  return Math.round((Number(row?.['rows'] ?? 0) * Number(row?.['filtered'] ?? 100)) / 100);
}
