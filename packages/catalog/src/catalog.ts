import { checkEpoch, LockstepError } from '@lockstep/core';
import type { Dialect, Session, SessionPool } from '@lockstep/core';

/** What every operation of the catalog works on. */
export interface Catalog {
  readonly pool: SessionPool;
  readonly dialect: Dialect;
  /** The schema of Lockstep's own tables. */
  readonly home: string;
  /** The epoch that the server started with. */
  readonly epoch: bigint;
  /** Who is written down as the author of changes. */
  readonly user: string;
}

/** How often a transaction is tried that the database ended in favour of another one. */
const attempts = 5;

export function read<T>(catalog: Catalog, work: (session: Session) => Promise<T>): Promise<T> {
  return catalog.pool.use(work);
}

/**
 * Runs `work` in a transaction that first checks the epoch, so that a server whose database was upgraded or restored
 * under it can't write. `work` may run more than once: the database ends a transaction in favour of another one
 * (deadlock, serialization), or two requests make the same name at the same time. Throws EPOCH_CHANGED.
 */
export async function write<T>(catalog: Catalog, work: (session: Session) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await catalog.pool.use((session) =>
        session.transaction(async () => {
          await checkEpoch(session, catalog.dialect, catalog.home, catalog.epoch);
          return work(session);
        }),
      );
    } catch (error) {
      if (attempt === attempts || !isWorthRetrying(error)) throw error;
    }
  }
}

/** SQLSTATE classes of the SQL standard: 40 transaction rollback, 23 integrity constraint violation (a key exists). */
function isWorthRetrying(error: unknown): boolean {
  if (!(error instanceof LockstepError) || error.code !== 'STATEMENT_FAILED') return false;
  return /^(40|23)/.test(error.details['sqlState'] ?? '');
}
