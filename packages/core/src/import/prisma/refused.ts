import { LockstepError } from '../../errors.ts';

export function refused(what: string, reason: string): LockstepError {
  return new LockstepError('IMPORT_REFUSED', { what, reason });
}
