import type { Work } from './analysis.ts';

/** Bytes per second of a server with ordinary disks. The truth may be ten times more or less. */
const speeds: Readonly<Record<Exclude<Work, 'nothing'>, number>> = {
  scans: 300e6,
  'builds an index': 60e6,
  rewrites: 40e6,
};

/** Seconds that the work takes, roughly, by nothing but the size of the table; null if that is not known. */
export function estimateSeconds(work: Work, bytes: number | null): number | null {
  if (work === 'nothing') return 0;
  return bytes === null ? null : bytes / speeds[work];
}
