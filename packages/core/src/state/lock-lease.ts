import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { raw, sql } from '../database/sql.ts';
import { leaseSeconds, lockKind } from './lease.ts';
import type { Home } from './tables.ts';
import { clock, ownTable, presentTables } from './tables.ts';

/**
 * The migration lock as a row of `lockstep_lease`, for clusters, where the locks of a session are known to one node
 * only. Every holder raises the row's epoch and leaves its mark in it; whoever does not find its mark has lost the lock.
 */
const id = 'b5c0a7d2-0000-4000-8000-000000000004';

/** The mark of one holder. */
export interface LockLease {
  readonly mark: string;
}

/** Takes the lease if nobody has it, or if it has run out. Two that try at once may get a conflict. */
export async function takeLockLease(home: Home, holder: string): Promise<LockLease | undefined> {
  const table = ownTable(home, 'lockstep_lease');
  await makeRow(home);
  // The column has room for 255 characters.
  const mark = `${randomUUID()} ${holder}`.slice(0, 250);
  const changed = await home.session.run(sql`UPDATE ${table} SET host = ${hostname()}, process = ${process.pid},
    address = ${mark}, epoch = epoch + 1, started_at = ${clock(home)}, renewed_at = ${clock(home)},
    expires_at = ${raw(home.dialect.clockPlus(leaseSeconds))} WHERE id = ${id} AND expires_at <= ${clock(home)}`);
  return changed === 1 ? { mark } : undefined;
}

async function makeRow(home: Home): Promise<void> {
  const table = ownTable(home, 'lockstep_lease');
  if (!(await presentTables(home)).has('lockstep_lease')) {
    // The others are made when the database is taken over.
    const [statement = ''] = home.dialect.ownTables(home.schema).filter((text) => text.includes('lockstep_lease'));
    await home.session.execute(statement);
  }
  const rows = await home.session.query(sql`SELECT id FROM ${table} WHERE id = ${id}`);
  if (rows.length > 0) return;
  await home.session.run(sql`INSERT INTO ${table}
    (id, kind, release_name, host, process, address, epoch, started_at, renewed_at, expires_at)
    VALUES (${id}, ${lockKind}, NULL, '', 0, NULL, 0, ${clock(home)}, ${clock(home)}, ${clock(home)})`);
}

/** Renews the lease. False when another has it. Part of every transaction that only the holder may commit. */
export async function renewLockLease(home: Home, { mark }: LockLease): Promise<boolean> {
  const changed = await home.session.run(sql`UPDATE ${ownTable(home, 'lockstep_lease')} SET renewed_at = ${clock(home)},
    expires_at = ${raw(home.dialect.clockPlus(leaseSeconds))} WHERE id = ${id} AND address = ${mark}`);
  return changed === 1;
}

/** Gives the lease back. False when another has it. */
export async function endLockLease(home: Home, { mark }: LockLease): Promise<boolean> {
  const changed = await home.session.run(sql`UPDATE ${ownTable(home, 'lockstep_lease')} SET expires_at = ${clock(home)}
    WHERE id = ${id} AND address = ${mark}`);
  return changed === 1;
}

/** Who has the lease, in words. */
export async function readLockLease(home: Home): Promise<string> {
  const [row] = await home.session.query(sql`SELECT address, host, started_at FROM ${ownTable(home, 'lockstep_lease')}
    WHERE id = ${id} AND expires_at > ${clock(home)}`);
  if (!row) return 'another process, which has just ended';
  const [, holder = ''] = /^\S+ (.*)$/s.exec(row['address'] ?? '') ?? [];
  return `${holder} (on ${row['host']}, since ${row['started_at']})`;
}
