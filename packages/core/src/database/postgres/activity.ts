import type { Session } from '../database.ts';
import { raw, sql } from '../sql.ts';

/**
 * The statement that the session with this id still runs, if it runs one. One that belongs to another role, and so hides
 * its state, counts as running as long as it is there.
 */
export async function statementAtWork(session: Session, id: string): Promise<string | undefined> {
  // Inside of a transaction the list of sessions is read once only, unless it is forgotten.
  await session.query(raw('SELECT pg_catalog.pg_stat_clear_snapshot()'));
  const [pid = '', start = ''] = id.split('@');
  if (!/^\d{1,9}$/.test(pid)) return undefined;
  const rows = await session.query(sql`SELECT query FROM pg_catalog.pg_stat_activity WHERE pid = ${pid}::int
    AND COALESCE(EXTRACT(epoch FROM backend_start)::text = ${start}, true)
    AND (state IS NULL OR state IN ('active', 'fastpath function call'))`);
  return rows.length > 0 ? (rows[0]?.['query'] ?? '') : undefined;
}
