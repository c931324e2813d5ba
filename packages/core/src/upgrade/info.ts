import type { Database } from '../database/database.ts';
import { LockstepError } from '../errors.ts';
import { findDrift } from '../migrate/drift.ts';
import type { HistoryEntry, UnappliedMigration } from '../migrate/migration-states.ts';
import { historyStates, unappliedMigrations } from '../migrate/migration-states.ts';
import { pendingMigrations } from '../migrate/pending.ts';
import { databaseRelease } from '../release/database-release.ts';
import type { Product } from '../release/product.ts';
import { readCode } from '../release/releases.ts';
import { compareReleases } from '../release/version.ts';
import { fingerprint } from '../shape/fingerprint.ts';
import type { BackupRuns } from '../state/backup-run.ts';
import { readBackupRuns } from '../state/backup-run.ts';
import type { AppliedMigration } from '../state/history.ts';
import { currentHistory, readHistoryRows } from '../state/history.ts';
import type { Lease } from '../state/lease.ts';
import { liveLeases } from '../state/lease.ts';
import { readState } from '../state/state.ts';
import { readSteps } from '../state/step.ts';
import type { Step } from '../state/step.ts';
import { homeOf } from '../state/tables.ts';

export interface Info {
  readonly product: string;
  readonly engine: string;
  readonly location: string;
  /** `database` is null where Lockstep has not been. */
  readonly release: { readonly code: string; readonly database: string | null };
  /** `none` where Lockstep has not been. */
  readonly phase: string;
  readonly detail: Readonly<Record<string, string>>;
  readonly epoch: string | null;
  readonly databaseId: string | null;
  readonly pending: readonly { readonly version: string; readonly description: string }[];
  /** Every row of the history, with its state by Flyway's names. */
  readonly history: readonly HistoryEntry[];
  /** What the code has and the database has not applied: what is pending, below the baseline, or too late. */
  readonly unapplied: readonly UnappliedMigration[];
  /** What people should know of the files: which of them are not run. */
  readonly notes: readonly string[];
  /** `drifted` is null where it is not known: no release yet, or a migration is under way. */
  readonly shape: { readonly fingerprint: string; readonly drifted: boolean | null };
  readonly leases: readonly Lease[];
  /** What operators decided with `resolve`, and what a migration that is not finished has done so far. */
  readonly decisions: readonly DecisionRecord[];
  readonly progress: readonly ProgressRecord[];
  /** The backups that servers take on a schedule; null where Lockstep has not been. */
  readonly schedule: BackupRuns | null;
}

/** A decision of an operator about a step that had stopped. */
export interface DecisionRecord {
  readonly migration: string;
  readonly statement: number;
  /** `applied`, `retry` or `rolled-back`. */
  readonly decision: string;
  /** Process, user and host. */
  readonly by: string;
  readonly at: string;
  /** Why it had stopped. */
  readonly error: string;
}

/** A statement of a migration that is not finished; 0 stands for the migration as a whole. */
export interface ProgressRecord {
  readonly migration: string;
  readonly statement: number;
  readonly status: string;
  readonly line: number | null;
  readonly at: string;
}

/** Everything that is known about a database and its product. Changes nothing, and waits for nobody. */
export async function info(database: Database, product: Product): Promise<Info> {
  const code = await readCode(product, database);
  const session = await database.session({ purpose: 'info', schemas: product.schemas });
  try {
    const home = homeOf(session, database.dialect, product.schemas);
    const state = await readState(home);
    const rows = await readHistoryRows(home);
    const applied = currentHistory(rows, code.migrations);
    const shape = await session.describe(product.schemas);
    const release = state ? databaseRelease(code, applied).name : null;
    const [base = ''] = (state?.release ?? '').split('+');
    const isAhead = base !== '' && compareReleases(base, product.version) > 0;
    const own = state?.product === product.name && !isAhead;
    const settled = own && state?.phase === 'ready' && applied.length > 0;
    return {
      product: state?.product ?? product.name,
      engine: `${database.engine} ${database.version}`,
      location: database.location,
      release: { code: product.version, database: isAhead ? (state?.release ?? null) : release },
      phase: state?.phase ?? 'none',
      detail: state?.detail ?? {},
      epoch: state ? String(state.epoch) : null,
      databaseId: state?.databaseId ?? null,
      pending: own || !state ? pending(code, applied) : [],
      history: historyStates(code, rows),
      unapplied: own || !state ? unappliedMigrations(code, applied) : [],
      notes: code.notes,
      shape: {
        fingerprint: fingerprint(shape),
        drifted: settled ? (await findDrift(database, code, shape, applied)).drifted : null,
      },
      ...recordsOf(state ? await readSteps(home) : []),
      leases: state ? await liveLeases(home) : [],
      schedule: state ? await readBackupRuns(home) : null,
    };
  } finally {
    await session.close();
  }
}

function recordsOf(steps: readonly Step[]): Pick<Info, 'decisions' | 'progress'> {
  const decided = steps.filter(({ status }) => status === 'resolved');
  const begun = steps.filter(({ statement }) => statement >= 0);
  return {
    decisions: decided
      .map(({ migration, facts, message, actor: by, startedAt: at }) => ({
        migration,
        statement: Number(facts['statement'] ?? 0),
        decision: message ?? '',
        by,
        at,
        error: facts['error'] ?? '',
      }))
      .toSorted((left, right) => (left.at < right.at ? -1 : 1)),
    progress: begun.map(({ migration, statement, status, line, startedAt: at }) => ({
      migration,
      statement,
      status,
      line,
      at,
    })),
  };
}

/** What the code would run. Where the two do not fit together, the verbs that change things say why. */
function pending(code: Parameters<typeof pendingMigrations>[0], applied: readonly AppliedMigration[]): Info['pending'] {
  try {
    return pendingMigrations(code, applied, code.product.version).map(({ key, description }) => ({
      version: key,
      description,
    }));
  } catch (error) {
    if (error instanceof LockstepError) return [];
    throw error;
  }
}
