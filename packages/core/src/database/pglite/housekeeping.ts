import { reasonOf } from '../../errors.ts';
import { StatementError } from './engine.ts';
import type { Engine } from './engine.ts';
import { syncFolder } from './sync-folder.ts';

/** What a server does in background processes, which PGlite lacks: checkpoints, and VACUUM of changed tables. */
export class Housekeeping {
  readonly #engine: Engine;
  readonly #folder: string;
  #looked = { at: Date.now(), runs: 0 };
  #logAtCheckpoint = 0n;
  #syncSince: number | undefined;

  /** `syncSince` is the time of the first change that may not be on the disk; undefined if it need not get there. */
  constructor(engine: Engine, folder: string, syncSince: number | undefined) {
    this.#engine = engine;
    this.#folder = folder;
    this.#syncSince = syncSince;
  }

  /** Something was done, the last look was a while ago, and nobody has asked for anything for a moment. */
  due(): boolean {
    return this.#sinceLook() > lookMilliseconds && Date.now() - this.#engine.lastRun > quietMilliseconds;
  }

  /** There was no quiet moment for so long that it can't wait for one. */
  overdue(): boolean {
    return this.#sinceLook() > 2 * lookMilliseconds;
  }

  #sinceLook(): number {
    return this.#engine.runs === this.#looked.runs ? 0 : Date.now() - this.#looked.at;
  }

  /**
   * Outside of a transaction, with no client's state on the backend. Tables are vacuumed in a quiet moment only.
   * A failure is told as a warning of the process.
   */
  async run(quiet: boolean): Promise<void> {
    try {
      if (quiet) await this.#vacuumOne();
      await this.#checkpointIfLong();
    } catch (error) {
      if (!(error instanceof StatementError)) throw error;
      process.emitWarning(`The embedded database in ${this.#folder}: ${reasonOf(error)}`);
    }
    this.#looked = { at: Date.now(), runs: this.#engine.runs };
  }

  /** Without it the log would only grow. Takes as long as the writing of what has changed since the last one. */
  async #checkpointIfLong(): Promise<void> {
    const [[position] = []] = await this.#engine.query(`SELECT pg_catalog.pg_current_wal_lsn() - '0/0'::pg_lsn`);
    const log = BigInt(position ?? 0);
    if (log - this.#logAtCheckpoint < checkpointBytes) return;
    this.#logAtCheckpoint = log;
    const started = Date.now();
    await this.#engine.query('CHECKPOINT');
    if (this.#syncSince === undefined) return;
    await syncFolder(this.#folder, this.#syncSince);
    this.#syncSince = started;
  }

  /** One table at a time, as requests wait meanwhile: first the one with the largest part out of date. */
  async #vacuumOne(): Promise<void> {
    const [[schema, table, dead] = []] = await this.#engine.query(outOfDate);
    if (schema === undefined || table === undefined) return;
    await this.#engine.query(`${dead === 't' ? 'VACUUM (ANALYZE)' : 'ANALYZE'} ${schema}.${table}`);
  }
}

const lookMilliseconds = 10_000;
const quietMilliseconds = 2_000;
const checkpointBytes = 64n * 1024n * 1024n;

/** The limits are those of a server's autovacuum. */
const outOfDate = `
SELECT pg_catalog.quote_ident(schemaname), pg_catalog.quote_ident(s.relname), n_dead_tup > 50 + 0.2 * rows
FROM pg_catalog.pg_stat_all_tables s JOIN pg_catalog.pg_class c ON c.oid = s.relid
CROSS JOIN LATERAL (SELECT GREATEST(c.reltuples, 0)) AS counted (rows)
WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
AND (n_dead_tup > 50 + 0.2 * rows OR n_mod_since_analyze > 50 + 0.1 * rows)
ORDER BY (n_dead_tup + n_mod_since_analyze) / (rows + 50) DESC LIMIT 1`;
