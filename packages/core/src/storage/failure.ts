import { LockstepError, reasonOf } from '../errors.ts';

/** STORAGE_FAILED for what the operating system says of a place; errors of our own are passed on. */
export function storageFailed(place: string, error: unknown): LockstepError {
  if (error instanceof LockstepError) return error;
  return new LockstepError('STORAGE_FAILED', { place, reason: reasonOf(error) }, { cause: error });
}

/** Runs work on a place of the file system, and turns its errors into STORAGE_FAILED. */
export async function inPlace<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storageFailed(place, error);
  }
}

/** The system's code of an error, such as ENOENT. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
