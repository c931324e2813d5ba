import { liveLeases, readBackupRuns, readState } from '@lockstep/core';
import type { BackupRuns, Home, Lease, State } from '@lockstep/core';
import type { MetricsText } from './registry.ts';

const phases = ['ready', 'migrating', 'restoring', 'swapping', 'failed'] as const;

/** What the metrics tell of the database. It is the same on every server, and survives their restarts. */
export interface DatabaseFacts {
  readonly state: State | undefined;
  readonly leases: readonly Lease[];
  readonly runs: BackupRuns;
}

export async function readDatabaseFacts(home: Home): Promise<DatabaseFacts> {
  return { state: await readState(home), leases: await liveLeases(home), runs: await readBackupRuns(home) };
}

export function addDatabaseMetrics(text: MetricsText, { state, leases, runs }: DatabaseFacts): void {
  text.add(
    'lockstep_release_info',
    'gauge',
    'The release of the database. Always 1.',
    state ? [{ labels: { product: state.product, release: state.release ?? '' }, value: 1 }] : [],
  );
  text.add(
    'lockstep_phase',
    'gauge',
    'The phase of the database: 1 for the one that it is in.',
    phases.map((phase) => ({ labels: { phase }, value: state?.phase === phase ? 1 : 0 })),
  );
  text.add('lockstep_leases', 'gauge', 'Servers and backups that are at work on the database.', [
    { value: leases.length },
  ]);
  addBackupMetrics(text, runs);
}

/** Backups that have never been are left out, as Prometheus wants it: `absent()` finds them. */
function addBackupMetrics(text: MetricsText, { running, done, failed }: BackupRuns): void {
  text.add('lockstep_backup_running', 'gauge', 'Whether a scheduled backup is at work.', [{ value: running ? 1 : 0 }]);
  const gauge = (name: string, help: string, value: number | undefined): void =>
    text.add(`lockstep_backup_${name}`, 'gauge', help, value === undefined ? [] : [{ value }]);
  const seconds = (iso: string): number => Date.parse(iso) / 1000;
  gauge(
    'last_success_timestamp_seconds',
    'When the last scheduled backup was done, checks included.',
    done ? seconds(done.seenAt) : undefined,
  );
  gauge(
    'last_failure_timestamp_seconds',
    'When a scheduled backup failed last.',
    failed ? seconds(failed.seenAt) : undefined,
  );
  gauge(
    'duration_seconds',
    'How long the last scheduled backup took, checks included.',
    done ? seconds(done.seenAt) - seconds(done.startedAt) : undefined,
  );
  gauge('bytes', 'The size of the last scheduled backup.', done?.bytes);
}
