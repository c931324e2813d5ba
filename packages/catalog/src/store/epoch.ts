import { identifier, sql } from '@lockstep/core';
import type { Session } from '@lockstep/core';

/** Epoch and phase of the database as they are now, without a lock. */
export async function readEpoch(session: Session, home: string): Promise<{ epoch: bigint; phase: string }> {
  const [row] = await session.query(sql`SELECT epoch, phase FROM ${identifier(home, 'lockstep_state')} WHERE id = 1`);
  return { epoch: BigInt(row?.['epoch'] ?? '-1'), phase: row?.['phase'] ?? 'none' };
}
