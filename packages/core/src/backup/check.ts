import type { ListedBackup } from './list.ts';

export interface CheckOptions {
  readonly product: string;
  /** Seconds. Without it, any age will do. */
  readonly maxAge?: number | undefined;
  /** Whether the backup that counts has to be proven. */
  readonly proven?: boolean | undefined;
  /** The moment to look from. */
  readonly now: Date;
}

export interface BackupProblem {
  readonly kind: 'none' | 'too old' | 'newest damaged' | 'not proven' | 'from the future';
  readonly message: string;
}

export interface BackupCheck {
  readonly product: string;
  /** Empty: all is well. */
  readonly problems: readonly BackupProblem[];
  /** The backup that counts: the newest sound one, or the newest proven one where that is asked for. */
  readonly newest: ListedBackup | null;
  /** Seconds; null without a backup that counts. */
  readonly age: number | null;
}

/** Clocks of servers differ by less than that, in seconds. */
const clockTolerance = 3600;

/**
 * Looks whether the backups of a product are as they should be: there is one, it is young enough, the newest file is
 * sound, and, where that is asked for, one that is young enough is proven.
 */
export function checkBackups(backups: readonly ListedBackup[], options: CheckOptions): BackupCheck {
  const { product, maxAge, now } = options;
  const own = backups.filter((backup) => backup.product === product);
  const sound = own.filter(({ damage }) => damage === null);
  const candidates = options.proven ? sound.filter(({ proven }) => proven !== null) : sound;
  const newest = newestOf(candidates) ?? null;
  const age = newest ? (now.getTime() - Date.parse(newest.takenAt)) / 1000 : null;
  const problems: BackupProblem[] = [];

  const latest = newestOf(own);
  if (latest && latest.damage !== null) {
    problems.push({ kind: 'newest damaged', message: `the newest backup is of no use: ${latest.damage}` });
  }
  if (sound.length === 0) {
    problems.push({ kind: 'none', message: `there is no sound backup of ${product}` });
  } else if (!newest) {
    problems.push({ kind: 'not proven', message: `no backup of ${product} is proven` });
  }
  if (age !== null && maxAge !== undefined && age > maxAge) {
    const what = options.proven ? 'proven backup' : 'backup';
    problems.push({ kind: 'too old', message: `the newest ${what} is ${hours(age)} old, more than ${hours(maxAge)}` });
  }
  // It would look young for as long as its clock was wrong.
  if (age !== null && age < -clockTolerance) {
    problems.push({
      kind: 'from the future',
      message: `the newest backup was taken in ${hours(-age)}, says its stamp`,
    });
  }
  return { product, problems, newest, age };
}

function newestOf(backups: readonly ListedBackup[]): ListedBackup | undefined {
  return backups.toSorted((left, right) => (left.takenAt < right.takenAt ? 1 : -1))[0];
}

function hours(seconds: number): string {
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
