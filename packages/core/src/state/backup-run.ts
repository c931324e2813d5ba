import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { raw, sql } from '../database/sql.ts';
import type { Sql } from '../database/sql.ts';
import { LockstepError } from '../errors.ts';
import { leaseSeconds } from './lease.ts';
import { readState } from './state.ts';
import type { Home } from './tables.ts';
import { clock, ownTable } from './tables.ts';

/**
 * The runs of the backups that servers take on a schedule, as three rows of `lockstep_lease`: the one that is at work,
 * the last that was done, and the last that failed. Their ids are fixed, so the table's primary key lets one server of
 * many be at work. Its lease runs out like any other when it dies. The other two are expired from the beginning: they
 * are records, and do not count as somebody who is alive.
 */
const ids = {
  running: 'b5c0a7d2-0000-4000-8000-000000000001',
  done: 'b5c0a7d2-0000-4000-8000-000000000002',
  failed: 'b5c0a7d2-0000-4000-8000-000000000003',
} as const;

/** A backup that is at work. */
export interface BackupClaim {
  readonly token: string;
  readonly release: string;
  readonly epoch: bigint;
  /** By the database's clock. */
  readonly startedAt: string;
}

export interface BackupRun {
  readonly host: string;
  readonly process: number;
  readonly startedAt: string;
  /** When it ended; of one that is at work, when it was last heard of. */
  readonly seenAt: string;
}

export interface BackupRuns {
  /** Null too if the server that was at it has died. */
  readonly running: BackupRun | null;
  readonly done: (BackupRun & { readonly file: string; readonly bytes: number }) | null;
  readonly failed: (BackupRun & { readonly reason: string }) | null;
}

/** The moment by the database's clock, by which all servers go. */
export async function databaseTime(home: Home): Promise<Date> {
  const [row] = await home.session.query(sql`SELECT ${clock(home)} AS now`);
  return new Date(row?.['now'] ?? '');
}

export async function readBackupRuns(home: Home): Promise<BackupRuns> {
  const rows = await home.session.query(sql`SELECT id, host, process, address, started_at, renewed_at,
    CASE WHEN expires_at > ${clock(home)} THEN 1 ELSE 0 END AS alive FROM ${ownTable(home, 'lockstep_lease')}
    WHERE id IN (${ids.running}, ${ids.done}, ${ids.failed})`);
  const found = new Map(rows.map((row) => [row['id'], row]));
  const run = (id: string): (BackupRun & { readonly text: string; readonly alive: boolean }) | null => {
    const row = found.get(id);
    if (!row) return null;
    return {
      host: row['host'] ?? '',
      process: Number(row['process']),
      startedAt: row['started_at'] ?? '',
      seenAt: row['renewed_at'] ?? '',
      text: row['address'] ?? '',
      alive: row['alive'] === '1',
    };
  };
  const running = run(ids.running);
  const done = run(ids.done);
  const failed = run(ids.failed);
  const [, bytes = '0', file = ''] = /^(\d+) (.*)$/s.exec(done?.text ?? '') ?? [];
  return {
    running: running?.alive ? facts(running) : null,
    done: done && { ...facts(done), file, bytes: Number(bytes) },
    failed: failed && { ...facts(failed), reason: failed.text },
  };
}

/**
 * Becomes the one that takes the backup; undefined while another is at it. Throws EPOCH_CHANGED if the database is not
 * what the server started with.
 */
export async function claimBackup(
  home: Home,
  server: { readonly release: string; readonly epoch: bigint },
): Promise<BackupClaim | undefined> {
  const token = randomUUID();
  try {
    await home.session.transaction(async () => {
      const state = await readState(home, 'share');
      if (state?.epoch !== server.epoch || state.phase !== 'ready') {
        const found = `${state?.epoch ?? 'none'}, ${state?.phase ?? 'none'}`;
        throw new LockstepError('EPOCH_CHANGED', { found, needed: String(server.epoch) });
      }
      // The row of a server that has died makes room.
      await home.session.run(sql`DELETE FROM ${ownTable(home, 'lockstep_lease')}
        WHERE id = ${ids.running} AND expires_at <= ${clock(home)}`);
      await insert(home, ids.running, 'backup', server, token, clock(home), raw(home.dialect.clockPlus(leaseSeconds)));
    });
  } catch (error) {
    // SQLSTATE classes of the SQL standard: 23 the key exists, 40 the other one's transaction won.
    const isTaken = error instanceof LockstepError && /^(23|40)/.test(error.details['sqlState'] ?? '');
    if (isTaken) return undefined;
    throw error;
  }
  const [row] = await home.session.query(sql`SELECT started_at FROM ${ownTable(home, 'lockstep_lease')}
    WHERE id = ${ids.running} AND address = ${token}`);
  return { token, ...server, startedAt: row?.['started_at'] ?? '' };
}

/** Renews a claim. False when another has taken over. */
export async function renewClaim(home: Home, { token }: BackupClaim): Promise<boolean> {
  const changed = await home.session.run(sql`UPDATE ${ownTable(home, 'lockstep_lease')}
    SET renewed_at = ${clock(home)}, expires_at = ${raw(home.dialect.clockPlus(leaseSeconds))}
    WHERE id = ${ids.running} AND address = ${token}`);
  return changed === 1;
}

/** Gives a claim back without a record: the next one may begin at once. */
export async function dropClaim(home: Home, { token }: BackupClaim): Promise<void> {
  await home.session.run(sql`DELETE FROM ${ownTable(home, 'lockstep_lease')}
    WHERE id = ${ids.running} AND address = ${token}`);
}

/** Ends a claim with the record of what came out. */
export async function endClaim(
  home: Home,
  claim: BackupClaim,
  result: { readonly file: string; readonly bytes: number } | { readonly reason: string },
): Promise<void> {
  const outcome = 'reason' in result ? 'failed' : 'done';
  const id = ids[outcome];
  const text = 'reason' in result ? result.reason : `${result.bytes} ${result.file}`;
  await home.session.transaction(async () => {
    await home.session.run(sql`DELETE FROM ${ownTable(home, 'lockstep_lease')} WHERE id = ${id}`);
    await insert(home, id, `backup ${outcome}`, claim, text.slice(0, 255), sql`${claim.startedAt}`, clock(home));
    await dropClaim(home, claim);
  });
}

async function insert(
  home: Home,
  id: string,
  kind: string,
  server: { readonly release: string; readonly epoch: bigint },
  address: string,
  startedAt: Sql,
  expiresAt: Sql,
): Promise<void> {
  await home.session.run(sql`INSERT INTO ${ownTable(home, 'lockstep_lease')}
    (id, kind, release_name, host, process, address, epoch, started_at, renewed_at, expires_at)
    VALUES (${id}, ${kind}, ${server.release}, ${hostname()}, ${process.pid}, ${address}, ${server.epoch},
      ${startedAt}, ${clock(home)}, ${expiresAt})`);
}

function facts({ host, process: id, startedAt, seenAt }: BackupRun): BackupRun {
  return { host, process: id, startedAt, seenAt };
}
