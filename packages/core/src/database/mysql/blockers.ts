import { LockstepError } from '../../errors.ts';
import type { Row } from '../database.ts';
import { findProgram } from './program.ts';
import type { Wire } from './wire.ts';

/** The connections that keep the one with this id waiting for a lock, in words for people; as far as may be seen. */
export async function findBlockers(wire: Wire, id: string): Promise<string[]> {
  // Without the privilege PROCESS, connections of other users are not in the list.
  const list = await wire.rows('SHOW PROCESSLIST');
  const ids = new Set<string>();
  for (const query of exactQueries(BigInt(id))) {
    for (const row of await rowsIfAllowed(wire, query)) ids.add(row['id'] ?? '');
  }
  const waiting = list.find((row) => row['Id'] === id);
  const waits = /^waiting for .*lock/i.test(waiting?.['State'] ?? '');
  if (ids.size === 0 && !waits) return [];
  if (ids.size === 0) {
    // Who holds the lock of a definition, MariaDB tells to nobody; but it is a transaction that has not ended.
    for (const row of await rowsIfAllowed(wire, openTransactions(BigInt(id)))) ids.add(row['id'] ?? '');
  }
  if (ids.size === 0) return ['a connection that this user may not see'];
  const found: string[] = [];
  for (const blocker of ids) found.push(await inWords(wire, list, blocker));
  return found;
}

/** Who holds what the connection waits for: definitions of tables, rows on MySQL, rows on MariaDB. */
function exactQueries(id: bigint): string[] {
  const schema = 'performance_schema';
  return [
    `SELECT DISTINCT other.PROCESSLIST_ID AS id FROM ${schema}.threads AS own
      JOIN ${schema}.metadata_locks AS wanted ON wanted.OWNER_THREAD_ID = own.THREAD_ID AND wanted.LOCK_STATUS = 'PENDING'
      JOIN ${schema}.metadata_locks AS held ON held.OBJECT_TYPE = wanted.OBJECT_TYPE AND held.LOCK_STATUS = 'GRANTED'
        AND held.OBJECT_SCHEMA <=> wanted.OBJECT_SCHEMA AND held.OBJECT_NAME <=> wanted.OBJECT_NAME
        AND held.OWNER_THREAD_ID <> wanted.OWNER_THREAD_ID
      JOIN ${schema}.threads AS other ON other.THREAD_ID = held.OWNER_THREAD_ID
      WHERE own.PROCESSLIST_ID = ${id}`,
    `SELECT DISTINCT other.PROCESSLIST_ID AS id FROM ${schema}.threads AS own
      JOIN ${schema}.data_lock_waits AS waits ON waits.REQUESTING_THREAD_ID = own.THREAD_ID
      JOIN ${schema}.threads AS other ON other.THREAD_ID = waits.BLOCKING_THREAD_ID
      WHERE own.PROCESSLIST_ID = ${id}`,
    `SELECT DISTINCT other.trx_mysql_thread_id AS id FROM information_schema.INNODB_TRX AS own
      JOIN information_schema.INNODB_LOCK_WAITS AS waits ON waits.requesting_trx_id = own.trx_id
      JOIN information_schema.INNODB_TRX AS other ON other.trx_id = waits.blocking_trx_id
      WHERE own.trx_mysql_thread_id = ${id}`,
  ];
}

/** The transactions that began before the one of this connection: one of them is in its way. */
function openTransactions(id: bigint): string {
  return `SELECT trx_mysql_thread_id AS id FROM information_schema.INNODB_TRX
    WHERE trx_mysql_thread_id NOT IN (0, ${id}, CONNECTION_ID()) ORDER BY trx_started, trx_id`;
}

/** No access, a table that this server does not have, a view of the other kind of server. */
const notForUs = new Set(['1044', '1109', '1142', '1146', '1227']);

async function rowsIfAllowed(wire: Wire, query: string): Promise<Row[]> {
  try {
    return await wire.rows(query);
  } catch (error) {
    if (error instanceof LockstepError && notForUs.has(String(error.details['number']))) return [];
    throw error;
  }
}

async function inWords(wire: Wire, list: readonly Row[], id: string): Promise<string> {
  const program = await findProgram(wire, id);
  const row = list.find((candidate) => candidate['Id'] === id);
  const facts = [
    ...(row ? [`user ${row['User']} from ${row['Host']}`] : ['of another user']),
    ...(program === undefined ? [] : [program]),
    ...(row ? [`${row['Command'] === 'Sleep' ? 'idle' : row['Command']} for ${row['Time']} s`] : []),
  ];
  return `connection ${id} (${facts.join(', ')})`;
}
