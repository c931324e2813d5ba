import type { Session } from '../database.ts';
import { raw, sql } from '../sql.ts';

/**
 * The session with this id still runs a statement. One that belongs to another role, and so hides its state, counts as
 * running as long as it is there.
 */
export async function isAtWork(session: Session, id: string): Promise<boolean> {
  // Inside of a transaction the list of sessions is read once only, unless it is forgotten.
  await session.query(raw('SELECT pg_catalog.pg_stat_clear_snapshot()'));
  const [pid = '', start = ''] = id.split('@');
  if (!/^\d{1,9}$/.test(pid)) return false;
  const rows = await session.query(sql`SELECT FROM pg_catalog.pg_stat_activity WHERE pid = ${pid}::int
    AND COALESCE(EXTRACT(epoch FROM backend_start)::text = ${start}, true)
    AND (state IS NULL OR state IN ('active', 'fastpath function call'))`);
  return rows.length > 0;
}
