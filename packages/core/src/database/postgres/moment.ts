import { sql } from '../sql.ts';
import { clock } from './clock.ts';
import type { PostgresSession } from './session.ts';

/** When and where a snapshot is. */
export interface Moment {
  /** The server's clock, ISO 8601 in UTC. */
  readonly takenAt: string;
  /** Where the log stood, as far as the user may know it; on a replica also how far it was behind. */
  readonly position: Readonly<Record<string, string>>;
  readonly isReplica: boolean;
}

/**
 * Where the log stood; on a replica, up to where it was replayed, and how far that is behind what is known of its
 * primary's. Managed servers may keep that to themselves.
 */
const momentQuery = sql`SELECT ${clock()} AS taken_at, pg_catalog.pg_current_snapshot()::text AS snapshot,
    replica::text, lsn::text, sent - lsn AS "behindBytes",
    CASE WHEN sent = lsn THEN 0 ELSE pg_catalog.round(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - replayed_at), 1) END AS "behindSeconds"
  FROM (SELECT pg_catalog.pg_is_in_recovery()) AS state (replica), LATERAL (SELECT
    CASE WHEN replica AND pg_catalog.has_function_privilege('pg_catalog.pg_last_wal_replay_lsn()', 'EXECUTE')
      THEN pg_catalog.pg_last_wal_replay_lsn()
    WHEN NOT replica AND pg_catalog.has_function_privilege('pg_catalog.pg_current_wal_lsn()', 'EXECUTE')
      THEN pg_catalog.pg_current_wal_lsn() END) AS log (lsn), LATERAL (SELECT
    CASE WHEN replica THEN GREATEST(pg_catalog.pg_last_wal_receive_lsn(), lsn,
      (SELECT pg_catalog.max(latest_end_lsn) FROM pg_catalog.pg_stat_wal_receiver)) END,
    CASE WHEN replica THEN pg_catalog.pg_last_xact_replay_timestamp() END) AS primary_log (sent, replayed_at)`;

/** Asks for the moment of the session's snapshot, right after it was taken. */
export async function readMoment(session: PostgresSession): Promise<Moment> {
  const [row = {}] = await session.query(momentQuery);
  const known = ['lsn', 'snapshot', 'behindBytes', 'behindSeconds'];
  return {
    takenAt: row['taken_at'] ?? '',
    position: Object.fromEntries(known.flatMap((name) => (row[name] ? [[name, row[name]]] : []))),
    isReplica: row['replica'] === 'true',
  };
}

/** What people should know of a backup of a replica. */
export function notesOfReplica({ isReplica, position }: Moment): string[] {
  if (!isReplica) return [];
  const { behindBytes: bytes, behindSeconds: seconds } = position;
  if (bytes === undefined) return ['Taken from a replica, which does not tell how far it is behind'];
  const time = seconds === undefined ? '' : ` and ${seconds} s`;
  return [`Taken from a replica that was ${bytes} bytes of the log${time} behind what its primary had sent`];
}
