import type { Progress } from '@lockstep/core';

/** How long the named phases take. */
export interface Timings {
  /** To be told of progress. */
  note(progress: Progress): void;
  /** How long each took so far, in the order in which they began. */
  list(): readonly Timing[];
}

interface Timing {
  readonly name: string;
  readonly milliseconds: number;
}

/** A phase lasts until another begins. One that begins again is counted together. */
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
    list: () => {
      settle();
      return [...sums].map(([name, sum]) => ({ name, milliseconds: Math.round(sum) }));
    },
  };
}
