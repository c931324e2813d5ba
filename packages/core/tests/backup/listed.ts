import type { ListedBackup } from '@lockstep/core';

export const proven = {
  by: 'anna@db-1',
  at: '2026-11-25T11:30:00.000Z',
  engine: 'Postgres 15.18',
  tool: { name: 'lockstep', version: '0.1.0' },
};

/** A backup in a list. */
export function listed(takenAt: string, changes: Partial<ListedBackup> = {}): ListedBackup {
  return {
    file: `backups/shop-1.2.0-${takenAt.replace(/[-:.]/g, '')}.sql.zst`,
    product: 'shop',
    release: '1.2.0',
    engine: 'Postgres 15.18',
    takenAt,
    bytes: 1000,
    drifted: false,
    encrypted: false,
    proven: null,
    damage: null,
    ...changes,
  };
}
