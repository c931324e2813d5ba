import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { raw, sql } from '../database/sql.ts';
import type { Home } from './tables.ts';
import { clock, ownTable } from './tables.ts';

/** The record that a live server renews, by the database's clock. */
export interface Lease {
  readonly id: string;
  readonly kind: string;
  readonly release: string | null;
  readonly host: string;
  readonly process: number;
  readonly address: string | null;
  readonly startedAt: string;
  readonly renewedAt: string;
  readonly expiresAt: string;
}

/** How long a lease lives without being renewed, in seconds. */
export const leaseSeconds = 30;

/** The lock of a cluster is a lease too, but not that of a server; see lock-lease.ts. */
export const lockKind = 'lock';

/** Takes a lease; returns its id. Belongs into the transaction that looked at the state under a share lock. */
export async function takeLease(
  home: Home,
  lease: { readonly kind: string; readonly release: string; readonly epoch: bigint; readonly address: string | null },
): Promise<string> {
  const id = randomUUID();
  const now = clock(home);
  await home.session.run(sql`INSERT INTO ${ownTable(home, 'lockstep_lease')}
    (id, kind, release_name, host, process, address, epoch, started_at, renewed_at, expires_at)
    VALUES (${id}, ${lease.kind}, ${lease.release}, ${hostname()}, ${process.pid}, ${lease.address}, ${lease.epoch},
      ${now}, ${now}, ${raw(home.dialect.clockPlus(leaseSeconds))})`);
  return id;
}

/** Renews a lease. False when it is gone: an upgrade or restore has declared this server dead. */
export async function renewLease(home: Home, id: string, address: string | null): Promise<boolean> {
  const changed = await home.session.run(sql`UPDATE ${ownTable(home, 'lockstep_lease')}
    SET renewed_at = ${clock(home)}, expires_at = ${raw(home.dialect.clockPlus(leaseSeconds))}, address = ${address}
    WHERE id = ${id}`);
  return changed === 1;
}

export async function releaseLease(home: Home, id: string): Promise<void> {
  await home.session.run(sql`DELETE FROM ${ownTable(home, 'lockstep_lease')} WHERE id = ${id}`);
}

/** The leases that have not expired. */
export async function liveLeases(home: Home): Promise<Lease[]> {
  const rows = await home.session
    .query(sql`SELECT id, kind, release_name, host, process, address, started_at, renewed_at,
    expires_at FROM ${ownTable(home, 'lockstep_lease')} WHERE expires_at > ${clock(home)} AND kind <> ${lockKind} ORDER BY started_at, id`);
  return rows.map((row) => ({
    id: row['id'] ?? '',
    kind: row['kind'] ?? '',
    release: row['release_name'] ?? null,
    host: row['host'] ?? '',
    process: Number(row['process']),
    // Only servers have one; a backup has the mark of its owner there.
    address: row['kind'] === 'backup' ? null : (row['address'] ?? null),
    startedAt: row['started_at'] ?? '',
    renewedAt: row['renewed_at'] ?? '',
    expiresAt: row['expires_at'] ?? '',
  }));
}

/** Removes leases whose servers are gone. The lock and the records of backups stay. */
export async function removeExpiredLeases(home: Home): Promise<void> {
  await home.session.run(sql`DELETE FROM ${ownTable(home, 'lockstep_lease')}
    WHERE expires_at <= ${clock(home)} AND kind <> ${lockKind} AND kind NOT LIKE ${'backup %'}`);
}

/** Leases in words, for an error. */
export function leasesInWords(leases: readonly Lease[]): string {
  return leases
    .map((lease) => `${lease.kind} of release ${lease.release ?? '?'} on ${lease.host} (process ${lease.process})`)
    .join(', ');
}
