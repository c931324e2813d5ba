import { LockstepError, reasonOf } from '../errors.ts';
import type { Database, Lock } from '../database/database.ts';
import type { RunOptions } from '../progress.ts';
import type { Callback } from '../release/migration-file.ts';
import type { DataMigrationPace } from '../release/product.ts';
import type { Home } from '../state/tables.ts';

/** What it takes to run migrations on a database. */
export interface Runner extends RunOptions {
  readonly home: Home;
  readonly database: Database;
  readonly schemas: readonly string[];
  readonly pace: DataMigrationPace;
  readonly callbacks: readonly Callback[];
  /** Who runs them, for the records: `user@host`. */
  readonly actor: string;
  /** The migration lock. Undefined on a scratch database, which nobody else knows. */
  readonly lock: Lock | undefined;
}

/** A migration that could not be finished. */
export class MigrationStopped extends Error {
  readonly statement: number;
  readonly line: number;
  /** Nothing of the migration has stayed in the database. */
  readonly undone: boolean;

  constructor(cause: unknown, statement: number, line: number, undone: boolean) {
    super(reasonOf(cause).replace(/\.$/, ''), { cause });
    this.statement = statement;
    this.line = line;
    this.undone = undone;
  }
}

/** Errors after which the state of the database is not known: the connection or the lock is gone, or it was stopped. */
export function isInterruption(error: unknown): boolean {
  if (error instanceof LockstepError) return ['CONNECTION_LOST', 'LOCK_LOST', 'INTERRUPTED'].includes(error.code);
  return error instanceof Error && error.name === 'AbortError';
}
