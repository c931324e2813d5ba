import { LockstepError } from '../../errors.ts';
import type { TableShape } from '../database.ts';
import { sql } from '../sql.ts';
import { sqlStateOf } from './failure.ts';
import { literal, quoteTable } from './quote.ts';
import type { PostgresSession } from './session.ts';

/**
 * The connections that read one snapshot: the one that opened it, which holds the locks of all tables, and others that
 * have joined it.
 */
export class SnapshotReaders {
  /** Why there are fewer of them than were asked for. */
  readonly problem: string | undefined;
  readonly #first: PostgresSession;
  readonly #all: readonly PostgresSession[];
  readonly #free: PostgresSession[];
  readonly #waiting: ((session: PostgresSession) => void)[] = [];
  readonly #snapshot: string;

  constructor(
    first: PostgresSession,
    others: readonly PostgresSession[],
    snapshot: string,
    problem: string | undefined,
  ) {
    this.problem = problem;
    this.#first = first;
    this.#all = [first, ...others];
    this.#free = [...this.#all];
    this.#snapshot = snapshot;
  }

  get size(): number {
    return this.#all.length;
  }

  /** The rows that a COPY of this table gives. Waits for a connection that is free. */
  async *copy(table: TableShape, statement: string): AsyncGenerator<Buffer, void, undefined> {
    const session = await this.#take();
    try {
      if (yield* this.#tryCopy(session, table, statement)) return;
    } finally {
      this.#give(session);
    }
    // The first connection has the lock already, and stands in no queue.
    yield* this.#first.copyOut(statement);
  }

  /**
   * False if another's change of the table waits for the lock of the first connection. Whoever asked for the lock now would
   * stand behind it, and all of them would wait for each other.
   */
  async *#tryCopy(session: PostgresSession, table: TableShape, statement: string): AsyncGenerator<Buffer, boolean> {
    const lock = session === this.#first ? '' : `LOCK TABLE ONLY ${quoteTable(table)} IN ACCESS SHARE MODE NOWAIT; `;
    try {
      yield* session.copyOut(`${lock}${statement}`);
      return true;
    } catch (error) {
      if (sqlStateOf(error) !== lockNotAvailable) throw error;
    }
    await session.rollback();
    await joinSnapshot(session, this.#snapshot);
    return false;
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((session) => session.close()));
  }

  async #take(): Promise<PostgresSession> {
    return this.#free.shift() ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  #give(session: PostgresSession): void {
    const next = this.#waiting.shift();
    if (next) next(session);
    else this.#free.push(session);
  }
}

const lockNotAvailable = '55P03';

/**
 * Lets further connections join the snapshot of the first one. Where the server does not let them in, there are fewer
 * readers: backups go on. (Limits of connections, and a balancer that puts connections on different servers.)
 */
export async function openReaders(
  first: PostgresSession,
  open: () => Promise<PostgresSession>,
  count: number,
): Promise<SnapshotReaders> {
  if (count <= 1) return new SnapshotReaders(first, [], '', undefined);
  const snapshot = await exportSnapshot(first);
  if (snapshot === null) return new SnapshotReaders(first, [], '', 'the user may not run pg_export_snapshot()');
  const attempts = await Promise.all(Array.from({ length: count - 1 }, () => openReader(open, snapshot)));
  const others = attempts.flatMap(({ session }) => (session ? [session] : []));
  const problem = attempts.find((attempt) => attempt.problem !== undefined)?.problem;
  return new SnapshotReaders(first, others, snapshot, problem);
}

async function openReader(
  open: () => Promise<PostgresSession>,
  snapshot: string,
): Promise<{ readonly session?: PostgresSession; readonly problem?: string }> {
  let session: PostgresSession | undefined;
  try {
    session = await open();
    await joinSnapshot(session, snapshot);
    return { session };
  } catch (error) {
    await session?.close();
    if (!(error instanceof LockstepError) || error.code === 'INTERNAL') throw error;
    return { problem: error.message };
  }
}

/** Null where the user may not. */
async function exportSnapshot(session: PostgresSession): Promise<string | null> {
  const [row] = await session.query(sql`SELECT CASE
    WHEN pg_catalog.has_function_privilege('pg_catalog.pg_export_snapshot()', 'EXECUTE')
    THEN pg_catalog.pg_export_snapshot() END AS snapshot`);
  return row?.['snapshot'] ?? null;
}

async function joinSnapshot(session: PostgresSession, snapshot: string): Promise<void> {
  await session.begin(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT ${literal(snapshot)}`);
}
