import type { Blocks, TableEffect, Work } from '../../../plan/analysis.ts';

/** The modes of a lock on a table, weakest first. https://www.postgresql.org/docs/current/explicit-locking.html */
export const lockModes = [
  'ACCESS SHARE',
  'ROW SHARE',
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
] as const;

export type LockMode = (typeof lockModes)[number];

const works: readonly Work[] = ['nothing', 'scans', 'builds an index', 'rewrites'];

export function blocksOf(lock: LockMode): Blocks {
  if (lock === 'ACCESS EXCLUSIVE') return 'reads and writes';
  return lockModes.indexOf(lock) >= lockModes.indexOf('SHARE') ? 'writes' : 'schema changes';
}

export interface Touch {
  readonly table: string;
  readonly lock: LockMode;
  readonly work?: Work;
}

/** One effect for each table: the strongest lock and the most work, in the order in which the tables come. */
export function effectsOf(touches: readonly Touch[]): TableEffect[] {
  const byTable = new Map<string, Required<Touch>>();
  for (const { table, lock, work = 'nothing' } of touches) {
    const before = byTable.get(table) ?? { table, lock, work };
    byTable.set(table, {
      table,
      lock: lockModes.indexOf(lock) > lockModes.indexOf(before.lock) ? lock : before.lock,
      work: works.indexOf(work) > works.indexOf(before.work) ? work : before.work,
    });
  }
  return [...byTable.values()].map(({ table, lock, work }) => ({ table, lock, blocks: blocksOf(lock), work }));
}
