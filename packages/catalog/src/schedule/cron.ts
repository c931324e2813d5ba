import { Cron } from 'croner';
import { LockstepError, reasonOf, requireTimeZone } from '@lockstep/core';

/** When something is due. */
export interface Schedule {
  /** The first time after a moment. */
  next(after: Date): Date;
  /** The last time up to a moment, itself included. */
  last(until: Date): Date;
}

export interface ScheduleSettings {
  /** A cron expression of five fields. */
  readonly cron: string;
  /** The time zone of its hours, by its name in the IANA database; UTC if left out. */
  readonly timeZone?: string | undefined;
}

/**
 * Reads a cron expression. In a time zone with daylight saving, a time of day that is skipped in spring is due when the
 * clock has been put forward, and one that comes twice in autumn is due the first time; "every so many minutes" goes on
 * by the clock on the wall. Throws SCHEDULE_INVALID, TIME_ZONE_UNKNOWN.
 */
export function createSchedule({ cron: text, timeZone = 'UTC' }: ScheduleSettings): Schedule {
  requireTimeZone(timeZone);
  const cron = parse(text, timeZone);
  const found = (time: Date | null | undefined): Date => {
    if (time) return time;
    throw invalid(text, 'it is never due');
  };
  const schedule: Schedule = {
    next: (after) => found(cron.nextRun(after)),
    // The search begins before the second that it is given.
    last: (until) => found(cron.previousRuns(1, new Date((Math.floor(until.getTime() / 1000) + 1) * 1000))[0]),
  };
  schedule.next(new Date());
  schedule.last(new Date());
  return schedule;
}

function parse(text: string, timezone: string): Cron {
  try {
    return new Cron(text, { timezone, mode: '5-part', paused: true });
  } catch (error) {
    throw invalid(text, reasonOf(error).replace(/^\w+: /, ''), error);
  }
}

function invalid(found: string, reason: string, cause?: unknown): LockstepError {
  return new LockstepError('SCHEDULE_INVALID', { found, reason }, { cause });
}
