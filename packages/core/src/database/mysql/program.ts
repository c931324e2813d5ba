import { LockstepError } from '../../errors.ts';
import type { Wire } from './wire.ts';

/** What a connection says of itself, where performance_schema is on and may be read. */
export async function findProgram(wire: Wire, id: string): Promise<string | undefined> {
  for (const table of ['session_connect_attrs', 'session_account_connect_attrs']) {
    try {
      const [row] = await wire.rows(
        `SELECT ATTR_VALUE AS name FROM performance_schema.${table} WHERE PROCESSLIST_ID = ${BigInt(id)} AND ATTR_NAME = 'program_name'`,
      );
      if (row?.['name']) return row['name'].replace(/^lockstep: /, '');
    } catch (error) {
      if (!(error instanceof LockstepError) || error.code !== 'PRIVILEGE_MISSING') throw error;
    }
  }
  return undefined;
}
