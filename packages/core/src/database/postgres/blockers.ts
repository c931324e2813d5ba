import type { Row, Session } from '../database.ts';
import { sql } from '../sql.ts';

/** The sessions that keep the session with this id waiting for a lock, in words for people. */
export async function findBlockers(session: Session, id: string): Promise<string[]> {
  const [pid = ''] = id.split('@');
  const rows = await session.query(sql`SELECT b.pid, a.usename, a.application_name, a.state,
    pg_catalog.host(a.client_addr) AS address, pg_catalog.date_trunc('second', a.query_start) AS since
    FROM (SELECT DISTINCT pg_catalog.unnest(pg_catalog.pg_blocking_pids(${pid}::int)) AS pid) b
    LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid ORDER BY a.query_start, b.pid`);
  return rows.map(inWords);
}

function inWords(row: Row): string {
  // A prepared transaction belongs to no session.
  if (row['pid'] === '0') return 'a prepared transaction';
  const { usename: user = null, application_name: application = null, address, state, since } = row;
  const facts = [
    user === null ? 'unknown' : `user ${user}`,
    application || 'without a name',
    address ? `from ${address}` : 'local',
    state ?? 'in a state that this user may not see',
    ...(since ? [`last statement began ${since}`] : []),
  ];
  return `backend ${row['pid']} (${facts.join(', ')})`;
}
