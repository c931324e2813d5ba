import { availableParallelism } from 'node:os';

/** How many connections read a database at the same time, unless somebody says otherwise. */
export function defaultJobs(): number {
  return Math.min(4, availableParallelism());
}
