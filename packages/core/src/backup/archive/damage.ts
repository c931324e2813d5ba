import { LockstepError } from '../../errors.ts';

/** FILE_DAMAGED: the file is ours, and something in it is not as it was written. */
export function damaged(file: string, reason: string, cause?: unknown): LockstepError {
  return new LockstepError('FILE_DAMAGED', { file, reason }, { cause });
}
