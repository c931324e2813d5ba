import { setTimeout as sleep } from 'node:timers/promises';
import { LockstepError } from '../../errors.ts';
import { sql } from '../sql.ts';
import { errorNumber } from './failure.ts';
import type { Flavour } from './flavour.ts';
import type { MysqlSession } from './session.ts';

/** What `work` gave while commits were held back, or why they could not be. */
export type Held<T> = { readonly held: true; readonly result: T } | { readonly held: false; readonly reason: string };

/** Seconds after which the server gives up waiting for the lock, because others wait behind it. */
const lockSeconds = 1;
/** Seconds after which the server takes the lock from a client that says nothing more. */
const silentSeconds = 10;
/** A query that has been running for so many seconds is not made anybody's hindrance. */
const longSeconds = 1;
/** Seconds in which a moment without such a query has to come. */
const defaultPatience = 30;

const lockWaitTimeout = 1205;
/** MariaDB: BACKUP STAGE START did not come that far. */
const noBackup = 4146;

/**
 * Runs `work` while no transaction of the server can commit, so that all snapshots begun in it are of one moment.
 *
 * MariaDB has a lock for just this, `BACKUP STAGE BLOCK_COMMIT`, which waits for commits and nothing else. MySQL has
 * `FLUSH TABLES WITH READ LOCK`, which waits for every running statement while all writers wait for it. So it is tried
 * only while no long query is running, and with a time limit. The lock belongs to the connection `guard`, and ends with
 * it if this process does.
 */
export async function withCommitsHeld<T>(
  guard: MysqlSession,
  flavour: Flavour,
  work: () => Promise<T>,
  patience: number = defaultPatience,
): Promise<Held<T>> {
  const block = flavour.family === 'mysql' ? mysqlBlock : mariadbBlock;
  const deadline = Date.now() + patience * 1000;
  await guard.execute(`SET SESSION lock_wait_timeout = ${lockSeconds}, wait_timeout = ${silentSeconds}`);
  for (;;) {
    const hindrance = (await block.hindrance(guard)) ?? (await take(guard, block));
    if (hindrance === undefined) {
      try {
        return { held: true, result: await work() };
      } finally {
        // Fails if the lock was lost with the connection: then it did not hold to the end.
        await release(guard, block);
      }
    }
    if (hindrance.lasting || Date.now() >= deadline) {
      await guard.execute(resetSettings);
      return { held: false, reason: hindrance.reason };
    }
    await sleep(200);
  }
}

const resetSettings = 'SET SESSION lock_wait_timeout = 600, wait_timeout = 31536000';

interface Hindrance {
  readonly reason: string;
  /** Waiting will not help. */
  readonly lasting: boolean;
}

interface Block {
  readonly take: readonly string[];
  readonly release: string;
  /** What the user lacks if the server refuses. */
  readonly privilege: string;
  hindrance(guard: MysqlSession): Promise<Hindrance | undefined>;
}

const mysqlBlock: Block = {
  take: ['FLUSH TABLES WITH READ LOCK'],
  release: 'UNLOCK TABLES',
  privilege: 'RELOAD or FLUSH_TABLES',
  hindrance: findLongQuery,
};

const mariadbBlock: Block = {
  take: ['BACKUP STAGE START', 'BACKUP STAGE BLOCK_COMMIT'],
  release: 'BACKUP STAGE END',
  privilege: 'RELOAD',
  hindrance: async () => undefined,
};

async function take(guard: MysqlSession, block: Block): Promise<Hindrance | undefined> {
  try {
    for (const statement of block.take) await guard.execute(statement);
    return undefined;
  } catch (error) {
    if (isMissingPrivilege(error)) return missing(block.privilege);
    if (errorNumber(error) !== lockWaitTimeout) throw error;
    await releaseAny(guard, block);
    return { reason: `holding commits back took longer than ${lockSeconds} s`, lasting: false };
  }
}

/** A FLUSH TABLES WITH READ LOCK that fails at its time limit holds back all writers none the less (MySQL 9.7). */
async function releaseAny(guard: MysqlSession, block: Block): Promise<void> {
  try {
    await guard.execute(block.release);
  } catch (error) {
    if (errorNumber(error) !== noBackup) throw error;
  }
}

async function release(guard: MysqlSession, block: Block): Promise<void> {
  await guard.execute(block.release);
  await guard.execute(resetSettings);
}

/** Waits without using a table, so that nothing has to wait for it: as a Flyway does that waits for our migrations. */
const waitsForName = /^select get_lock\([^()]*\)$/i;

/** A query that has been running for long, whoever it belongs to. */
async function findLongQuery(guard: MysqlSession): Promise<Hindrance | undefined> {
  try {
    // Without PROCESS the list shows the user's own connections only, without a word. This view is refused.
    await guard.query(sql`SELECT COUNT FROM information_schema.INNODB_METRICS LIMIT 1`);
  } catch (error) {
    if (isMissingPrivilege(error)) return missing('PROCESS');
    throw error;
  }
  const list = await guard.query(sql`SHOW PROCESSLIST`);
  const found = list.find(
    (row) =>
      !/^(Sleep|Daemon|Connect|Binlog Dump.*)$/.test(row['Command'] ?? '') &&
      !/^(system user|event_scheduler)$/.test(row['User'] ?? '') &&
      Number(row['Time']) >= longSeconds &&
      !waitsForName.test(row['Info'] ?? '') &&
      row['Id'] !== guard.id,
  );
  if (!found) return undefined;
  const reason = `connection ${found['Id']} has been running a statement for ${found['Time']} s, and writers would have to wait for it`;
  return { reason, lasting: false };
}

function missing(privilege: string): Hindrance {
  return { reason: `the user lacks the privilege ${privilege}`, lasting: true };
}

function isMissingPrivilege(error: unknown): boolean {
  return error instanceof LockstepError && error.code === 'PRIVILEGE_MISSING';
}
