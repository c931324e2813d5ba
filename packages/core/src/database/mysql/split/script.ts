import { LockstepError } from '../../../errors.ts';

/** A script on its way through the splitter. */
export interface Script {
  readonly text: string;
  /** For error messages. */
  readonly file: string;
}

/** MIGRATION_UNREADABLE with the line and column of an offset, both 1-based. */
export function unreadable(script: Script, offset: number, reason: string): LockstepError {
  const lineStart = script.text.lastIndexOf('\n', offset - 1) + 1;
  return new LockstepError('MIGRATION_UNREADABLE', {
    file: script.file,
    line: countLines(script.text, 0, offset) + 1,
    column: offset - lineStart + 1,
    reason,
  });
}

/** How many lines end between two offsets. */
export function countLines(text: string, from: number, to: number): number {
  let lines = 0;
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
