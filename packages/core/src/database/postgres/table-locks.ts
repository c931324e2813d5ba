import { LockstepError } from '../../errors.ts';
import type { Row } from '../database.ts';
import { sql } from '../sql.ts';
import type { Sql } from '../sql.ts';
import { sqlStateOf } from './failure.ts';
import { arrayText, quoteTable } from './quote.ts';
import type { PostgresSession } from './session.ts';

/** Tables that appear while the locks are being taken make another attempt necessary. */
const attempts = 5;

/**
 * Begins the transaction of a snapshot and locks every table of the schemas in ACCESS SHARE mode. LOCK TABLE does not
 * look at data, so the snapshot is taken after the locks: no table has another shape than the one in the snapshot, or
 * gets one before the transaction ends. Throws LOCK_TIMEOUT, SNAPSHOT_CHANGED, PRIVILEGE_MISSING.
 */
export async function lockTables(session: PostgresSession, schemas: readonly string[], seconds: number): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const tables = await session.query(tablesOf(schemas));
    await session.begin('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    if (await tryLocks(session, tables, seconds)) {
      const unlocked = await session.query(unlockedTables(schemas));
      if (unlocked.length === 0) return;
    }
    await session.rollback();
  }
  throw new LockstepError('SNAPSHOT_CHANGED', { found: 'tables were created or dropped again and again' });
}

/** False when a table is gone by now. */
async function tryLocks(session: PostgresSession, tables: readonly Row[], seconds: number): Promise<boolean> {
  // SET and LOCK don't take a snapshot; a SELECT would.
  await session.execute(`SET LOCAL lock_timeout = ${Math.max(1, Math.ceil(seconds * 1000))}`);
  try {
    if (tables.length > 0)
      await session.execute(`LOCK TABLE ${tables.map(lockTarget).join(', ')} IN ACCESS SHARE MODE`);
  } catch (error) {
    const sqlState = sqlStateOf(error) ?? '';
    // The table or its schema does not exist.
    if (sqlState === '42P01' || sqlState === '3F000') return false;
    if (sqlState !== '55P03') throw error;
    await session.rollback();
    throw new LockstepError('LOCK_TIMEOUT', { seconds, holder: await findHolder(session, tables) }, { cause: error });
  }
  await session.execute('SET LOCAL lock_timeout = 0');
  return true;
}

function lockTarget(row: Row): string {
  return `ONLY ${quoteTable({ schema: row['schema'] ?? '', name: row['name'] ?? '' })}`;
}

/** Tables and parents of partitions, but not those that belong to an extension. */
function tablesOf(schemas: readonly string[]): Sql {
  return sql`SELECT c.oid, n.nspname AS schema, c.relname AS name
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY (${arrayText(schemas)}::text[]) AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend d
      WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
    ORDER BY c.oid`;
}

function unlockedTables(schemas: readonly string[]): Sql {
  return sql`SELECT t.oid FROM (${tablesOf(schemas)}) t WHERE NOT EXISTS (
    SELECT FROM pg_catalog.pg_locks l WHERE l.locktype = 'relation' AND l.relation = t.oid AND l.granted
    AND l.mode = 'AccessShareLock' AND l.pid = pg_catalog.pg_backend_pid())`;
}

async function findHolder(session: PostgresSession, tables: readonly Row[]): Promise<string> {
  const oids = arrayText(tables.map((row) => row['oid'] ?? ''));
  const [row] = await session.query(sql`SELECT l.relation::pg_catalog.regclass AS table, a.pid, a.application_name
    FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.relation = ANY (${oids}::oid[])
    ORDER BY l.granted DESC LIMIT 1`);
  if (row === undefined) return 'the lock of a table, which is free again';
  return `the lock of ${row['table']}, held by backend ${row['pid']} (${row['application_name'] || 'without a name'})`;
}
