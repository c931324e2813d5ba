import { isOwnTable } from '../../state/names.ts';
import { quote } from './quote.ts';
import type { Wire } from './wire.ts';

/** Drops every object of the database but Lockstep's own tables: events first, so that none runs meanwhile. */
export async function wipe(wire: Wire): Promise<void> {
  const drop = async (names: string, table: string, where: string, word: (type: string) => string): Promise<void> => {
    const rows = await wire.rows(`SELECT ${names} FROM information_schema.${table} WHERE ${where} = DATABASE()`);
    for (const { name, type } of rows) {
      if (name !== null && name !== undefined && !isOwnTable(name)) {
        await wire.run(`DROP ${word(type ?? '')} IF EXISTS ${quote(name)}`);
      }
    }
  };
  await wire.run('SET @lockstep_checks = @@foreign_key_checks, foreign_key_checks = 0');
  try {
    await drop('EVENT_NAME AS name, NULL AS type', 'EVENTS', 'EVENT_SCHEMA', () => 'EVENT');
    await drop('TABLE_NAME AS name, TABLE_TYPE AS type', 'TABLES', 'TABLE_SCHEMA', wordOfTable);
    await drop('ROUTINE_NAME AS name, ROUTINE_TYPE AS type', 'ROUTINES', 'ROUTINE_SCHEMA', (type) => type);
  } finally {
    await wire.run('SET foreign_key_checks = @lockstep_checks');
  }
}

function wordOfTable(type: string): string {
  return type === 'VIEW' || type === 'SEQUENCE' ? type : 'TABLE';
}
