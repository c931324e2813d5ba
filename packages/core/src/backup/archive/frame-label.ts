import type { FrameEntry } from './table-of-contents.ts';

/**
 * The first line of a frame's content: `-- lockstep data 12 public.shop`. The number counts the frames from 1. What
 * could end the line in any reader's eyes, and other control characters, become `?`.
 */
export function frameLabel(entry: Pick<FrameEntry, 'kind' | 'table'>, number: number): Buffer {
  const table = entry.table === null ? '' : ` ${entry.table.replace(/[\p{Cc}\u2028\u2029]/gu, '?')}`;
  return Buffer.from(`-- lockstep ${entry.kind} ${number}${table}\n`);
}
