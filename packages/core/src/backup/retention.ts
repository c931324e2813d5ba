import { basename } from 'node:path';
import { LockstepError } from '../errors.ts';
import type { ListedBackup } from './list.ts';
import type { NeededBackup } from './needed-backup.ts';

/** How many backups to keep: the last ones, and the newest of each of the last days, weeks and months that have one. */
export interface KeepRules {
  readonly last?: number | undefined;
  readonly daily?: number | undefined;
  readonly weekly?: number | undefined;
  readonly monthly?: number | undefined;
  /** The time zone whose midnight ends a day, by its name in the IANA database; UTC if left out. */
  readonly timeZone?: string | undefined;
}

export interface RetentionPlan<Backup> {
  /** With the rules that keep each, `last`, `daily` ..., or what else it is needed for. */
  readonly keep: readonly { readonly backup: Backup; readonly why: readonly string[] }[];
  readonly remove: readonly Backup[];
  /** Of no use. They count for nothing, and are not removed without being asked for by name. */
  readonly damaged: readonly Backup[];
}

type Facts = Pick<ListedBackup, 'takenAt' | 'proven' | 'damage' | 'file'>;

const rules = ['last', 'daily', 'weekly', 'monthly'] as const;

/** Throws KEEP_RULE_MISSING unless there is a rule that keeps something: without one, everything would go. */
export function requireRule(keep: KeepRules): void {
  if (rules.every((rule) => (keep[rule] ?? 0) < 1)) throw new LockstepError('KEEP_RULE_MISSING');
}

/**
 * What to keep and what to remove of the backups of one product. The rules are applied twice, to all sound backups and
 * to the proven ones alone, and what either keeps is kept. So a backup that is not proven never displaces one that is:
 * which proven ones are kept depends on the proven ones only. Damaged ones count in neither. What is needed is kept
 * beside them, and displaces none. Throws KEEP_RULE_MISSING.
 */
export function planRetention<Backup extends Facts>(
  backups: readonly Backup[],
  keep: KeepRules,
  needed?: NeededBackup,
): RetentionPlan<Backup> {
  requireRule(keep);
  const newestFirst = backups.toSorted((left, right) => {
    if (left.takenAt !== right.takenAt) return left.takenAt < right.takenAt ? 1 : -1;
    return left.file < right.file ? 1 : -1;
  });
  const sound = newestFirst.filter(({ damage }) => damage === null);
  const why = new Map<Backup, Set<string>>(sound.map((backup) => [backup, new Set()]));
  for (const group of [sound, sound.filter(({ proven }) => proven !== null)]) {
    for (const { backup, rule } of select(group, keep)) why.get(backup)?.add(rule);
  }
  for (const backup of sound) if (basename(backup.file) === needed?.name) why.get(backup)?.add(needed.why);
  const keeps = (backup: Backup): boolean => (why.get(backup)?.size ?? 0) > 0;
  return {
    keep: sound.filter(keeps).map((backup) => ({ backup, why: [...(why.get(backup) ?? [])] })),
    remove: sound.filter((backup) => !keeps(backup)),
    damaged: newestFirst.filter(({ damage }) => damage !== null),
  };
}

/** What each rule keeps of backups that stand newest first, and the newest in any case. */
function* select<Backup extends Facts>(
  backups: readonly Backup[],
  keep: KeepRules,
): Generator<{ readonly backup: Backup; readonly rule: string }> {
  const [newest] = backups;
  if (newest) yield { backup: newest, rule: 'newest' };
  const day = dayIn(keep.timeZone ?? 'UTC');
  const periods = {
    last: (backup: Backup) => backup.file,
    daily: (backup: Backup) => day(backup.takenAt),
    weekly: (backup: Backup) => mondayOf(day(backup.takenAt)),
    monthly: (backup: Backup) => day(backup.takenAt).slice(0, 7),
  };
  for (const rule of rules) {
    const seen = new Set<string>();
    for (const backup of backups) {
      const period = periods[rule](backup);
      if (seen.has(period)) continue;
      if (seen.size >= (keep[rule] ?? 0)) break;
      seen.add(period);
      yield { backup, rule };
    }
  }
}

/** Gives the day in a time zone, `2026-11-22`, of a moment. Throws TIME_ZONE_UNKNOWN. */
function dayIn(timeZone: string): (iso: string) => string {
  const format = dayFormat(timeZone);
  return (iso) => {
    const parts = new Map(format.formatToParts(new Date(iso)).map(({ type, value }) => [type, value]));
    return `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`;
  };
}

/** Throws TIME_ZONE_UNKNOWN. */
export function requireTimeZone(timeZone: string): void {
  dayFormat(timeZone);
}

function dayFormat(timeZone: string): Intl.DateTimeFormat {
  const options = { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' } as const;
  try {
    return new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', options);
  } catch (error) {
    throw new LockstepError('TIME_ZONE_UNKNOWN', { found: timeZone }, { cause: error });
  }
}

/** The Monday on or before a day: weeks are those of ISO 8601. */
function mondayOf(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return date.toISOString().slice(0, 10);
}
