import type { ReplicaLag } from '../keyed-rows.ts';
import type { Wire } from './wire.ts';

/** What a replica tells of itself, for each of its sources. It tells no seconds while it does not replicate. */
export async function readOwnLag(wire: Wire): Promise<ReplicaLag[]> {
  const rows = await wire.rows('SHOW REPLICA STATUS');
  return rows.map((row) => {
    const seconds = row['Seconds_Behind_Source'] ?? row['Seconds_Behind_Master'] ?? null;
    return { name: 'the replica', seconds: seconds === null ? undefined : Number(seconds), bytes: undefined };
  });
}
