import { LockstepError, reasonOf } from '../../errors.ts';
import type { Lock, LockAttempt, LockName, Session } from '../database.ts';
import { raw, sql } from '../sql.ts';
import type { Sql } from '../sql.ts';
import { lockId } from './lock-id.ts';

/**
 * Tries to take the advisory lock of a history table on `session`, which is the lock's alone and stays outside of
 * transactions. The lock lives as long as that connection.
 */
export async function tryAdvisoryLock(session: Session, name: LockName): Promise<LockAttempt> {
  const id = lockId(name);
  const [row] = await session.query(sql`SELECT pg_catalog.pg_try_advisory_lock(${id}::bigint) AS held`);
  if (row?.['held'] === 't') return { held: true, lock: new AdvisoryLock(session, id) };
  const holder = await findHolder(session, id);
  await session.close();
  return { held: false, holder, isNamed: true };
}

class AdvisoryLock implements Lock {
  readonly #session: Session;
  readonly #id: bigint;
  #released = false;
  #prepared = false;

  constructor(session: Session, id: bigint) {
    this.#session = session;
    this.#id = id;
  }

  async check(): Promise<void> {
    // A pooler may have put another server connection behind ours, so the lock itself is looked for. Planning the query
    // takes longer than running it.
    if (!this.#prepared) await this.#ask(prepareOwn(this.#id));
    this.#prepared = true;
    const rows = await this.#ask(sql`EXECUTE lockstep_own_lock`);
    if (rows.length === 0) throw lost('the server no longer knows of it');
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    try {
      const rows = await this.#ask(sql`SELECT pg_catalog.pg_advisory_unlock(${this.#id}::bigint) AS released`);
      if (rows[0]?.['released'] !== 't') throw lost('the server no longer knew of it when it was released');
    } finally {
      await this.#session.close();
    }
  }

  async #ask(statement: Parameters<Session['query']>[0]): ReturnType<Session['query']> {
    try {
      return await this.#session.query(statement);
    } catch (error) {
      throw lost(reasonOf(error), error);
    }
  }
}

function lost(reason: string, cause?: unknown): LockstepError {
  return new LockstepError('LOCK_LOST', { reason }, { cause });
}

async function findHolder(session: Session, id: bigint): Promise<string> {
  const [row] = await session.query(otherHolders(id));
  if (row === undefined) return 'another session, which has just ended';
  const name = row['application_name']
    ? row['application_name'].replace(/^lockstep: /, '')
    : 'a session without a name';
  const address = row['client_addr'] === null ? 'local' : `from ${row['client_addr']}`;
  const since = row['backend_start'] === null ? '' : `, since ${row['backend_start']}`;
  return `${name} (backend ${row['pid']}, ${address}${since})`;
}

/** Finds the lock if this session holds it. */
function prepareOwn(id: bigint): Sql {
  return sql`PREPARE lockstep_own_lock AS SELECT l.pid FROM pg_catalog.pg_locks l
    WHERE l.pid = pg_catalog.pg_backend_pid() AND ${isLock(id)}`;
}

/** The other sessions that hold the lock: one, if any. */
function otherHolders(id: bigint): Sql {
  return sql`SELECT a.pid, a.application_name, pg_catalog.host(a.client_addr) AS client_addr,
    pg_catalog.date_trunc('second', a.backend_start) AS backend_start
    FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
    WHERE l.pid <> pg_catalog.pg_backend_pid() AND ${isLock(id)}`;
}

/** The row of `pg_locks` is that of the lock, and it is held. */
function isLock(id: bigint): Sql {
  const unsigned = BigInt.asUintN(64, id);
  const [high, low] = [raw(`${unsigned >> 32n}::bigint::oid`), raw(`${unsigned & 0xffffffffn}::bigint::oid`)];
  return sql`l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
    AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
    AND l.classid = ${high} AND l.objid = ${low}`;
}
