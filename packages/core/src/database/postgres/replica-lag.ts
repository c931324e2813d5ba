import type { ReplicaLag } from '../keyed-rows.ts';
import { sql } from '../sql.ts';
import type { PostgresSession } from './session.ts';

/**
 * What a primary knows of those that stream from it. Receivers that apply nothing are left out, and so is what the user
 * may not see (pg_monitor may).
 */
export async function readReplicaLag(session: PostgresSession): Promise<ReplicaLag[]> {
  const rows = await session.query(sql`SELECT application_name AS name, client_addr::text AS address,
      EXTRACT(epoch FROM replay_lag) AS seconds, sent_lsn - replay_lsn AS bytes
    FROM pg_catalog.pg_stat_replication WHERE replay_lsn IS NOT NULL ORDER BY application_name, pid`);
  return rows.map(({ name, address, seconds, bytes }) => ({
    name: `the replica ${name ?? ''}${address ? ` at ${address}` : ''}`,
    seconds: known(seconds),
    bytes: known(bytes),
  }));
}

/** What a replica tells of itself. Empty on a primary. */
export async function readOwnLag(session: PostgresSession): Promise<ReplicaLag[]> {
  const rows = await session.query(sql`SELECT CASE WHEN received = replayed THEN 0
      ELSE EXTRACT(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp()) END AS seconds,
      received - replayed AS bytes
    FROM (SELECT pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn()) AS log (received, replayed)
    WHERE pg_catalog.pg_is_in_recovery()`);
  return rows.map(({ seconds, bytes }) => ({ name: 'the replica', seconds: known(seconds), bytes: known(bytes) }));
}

function known(text: string | null | undefined): number | undefined {
  return text === null || text === undefined ? undefined : Number(text);
}
