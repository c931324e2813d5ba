import { LockstepError } from '../../errors.ts';
import { errorNumber, lockWaitTimeout } from './failure.ts';
import type { MysqlSession } from './session.ts';

/**
 * Lets changes of definitions on a MySQL server wait until the connection is closed. The tables that are read are
 * locked against them anyway; but a change that waits for such a lock makes everybody wait who comes after it, and one
 * that waits for this lock does not. Returns what people should know of it.
 *
 * It has to be taken under FLUSH TABLES WITH READ LOCK. Before it, a change that holds the global lock and waits for
 * this one would be in a deadlock with the FLUSH, and would be what the server ends.
 */
export async function lockDefinitionChanges(guard: MysqlSession): Promise<string | undefined> {
  const consequence = 'a change of a table that has to wait for the backup makes others wait for the table';
  try {
    await guard.execute('LOCK INSTANCE FOR BACKUP');
    return undefined;
  } catch (error) {
    if (errorNumber(error) === lockWaitTimeout) return `${consequence}: another change was running at the beginning`;
    if (error instanceof LockstepError && error.code === 'PRIVILEGE_MISSING') {
      return `${consequence}: the user lacks the privilege BACKUP_ADMIN`;
    }
    throw error;
  }
}

/** Changes of the tables that are read wait for these further on. */
export async function unlockDefinitionChanges(guard: MysqlSession): Promise<void> {
  await guard.execute('UNLOCK INSTANCE');
}
