import type { Progress } from '@lockstep/core';

/** How long each named phase took so far, in seconds, in the order in which they began. */
export interface Timings {
  /** To be told of progress. */
  note(progress: Progress): void;
  seconds(): Record<string, number>;
}

/** A phase lasts until the next one begins, and may begin more than once. */
export function createTimings(): Timings {
  const sums = new Map<string, number>();
  let current: string | undefined;
  let since = performance.now();
  const settle = (): void => {
    const now = performance.now();
    if (current !== undefined) sums.set(current, (sums.get(current) ?? 0) + now - since);
    since = now;
  };
  return {
    note: (progress) => {
      if (progress.kind !== 'phase') return;
      settle();
      current = progress.name;
    },
    seconds: () => {
      settle();
      return Object.fromEntries([...sums].map(([name, milliseconds]) => [name, Math.round(milliseconds) / 1000]));
    },
  };
}
