import { setTimeout as sleep } from 'node:timers/promises';
import { databaseTime, note, scheduledBackup, withHome } from '@lockstep/core';
import type { Database, KeepRules, Keys, Product, RunOptions, Storage } from '@lockstep/core';
import type { Schedule } from './cron.ts';

export interface BackupSchedule {
  readonly schedule: Schedule;
  /** Restore each backup into a scratch database. */
  readonly prove?: boolean | undefined;
  /** Prune by these rules after each backup. */
  readonly keep?: KeepRules | undefined;
  /** Seconds to leave between a backup that failed and the next one. */
  readonly retrySeconds: number;
}

export interface ScheduleOptions extends RunOptions {
  readonly signal: AbortSignal;
  readonly storage: Storage;
  /** To encrypt the backups, and to open them to prove them. */
  readonly keys?: Keys | undefined;
  /** The server that runs it. */
  readonly server: { readonly release: string; readonly epoch: bigint };
  readonly report: (error: unknown) => void;
}

/** The longest sleep, in seconds: clocks are put right, and machines are suspended. */
const longestSleep = 300;

/**
 * Takes the backups that are due, the one that was missed while no server ran first, until the signal ends it. Errors are
 * reported and recorded in the database; the server goes on serving.
 */
export async function runSchedule(
  database: Database,
  product: Product,
  { schedule, prove, keep, retrySeconds }: BackupSchedule,
  options: ScheduleOptions,
): Promise<void> {
  const { signal, storage, server, report } = options;
  let handled = -Infinity;
  /** Takes what is due; returns how many seconds there is nothing to do. */
  const step = async (): Promise<number> => {
    // All servers go by the database's clock.
    const now = await withHome(database, 'backup schedule', product.schemas, databaseTime);
    const due = schedule.last(now);
    if (due.getTime() > handled) {
      const result = await scheduledBackup(database, product, storage, {
        ...options,
        due,
        server,
        prove,
        keep,
        retrySeconds,
      });
      if (result.kind === 'wait') return result.seconds;
      const what = result.kind === 'taken' ? `Took the backup ${result.file}` : 'There is a backup already';
      await note(options, `${what}, due at ${due.toISOString()}`);
      handled = due.getTime();
    }
    return (schedule.next(now).getTime() - now.getTime()) / 1000;
  };
  while (!signal.aborted) {
    let seconds = retrySeconds;
    try {
      seconds = await step();
    } catch (error) {
      if (signal.aborted) return;
      report(error);
    }
    await sleep(Math.min(Math.max(seconds, 0.1), longestSleep) * 1000, undefined, { signal }).catch(() => undefined);
  }
}
