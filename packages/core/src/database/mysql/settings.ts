import type { Flavour } from './flavour.ts';
import { escaped } from './quote.ts';
import type { Settings } from './shape/guarded.ts';
import type { Wire } from './wire.ts';

/**
 * The sql_mode for taking definitions and values as they are: zero dates, days that do not exist, an AUTO_INCREMENT of
 * 0. It is not strict, because an ENUM that holds an invalid value ('') can be written in no other mode.
 */
export const exactMode = 'NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION,ALLOW_INVALID_DATES';

/** The same, but any value that does not fit is an error. */
export const strictMode = `${exactMode},STRICT_ALL_TABLES`;

/** Settings of every session. The sql_mode stays the server's: migrations run as their author expects. */
const common = [
  `time_zone = '+00:00'`,
  'autocommit = 1',
  'completion_type = 0',
  'foreign_key_checks = 1',
  'unique_checks = 1',
  'sql_safe_updates = 0',
  'sql_big_selects = 1',
  'sql_select_limit = 18446744073709551615',
  'sql_quote_show_create = 1',
  'group_concat_max_len = 1073741824',
  'net_read_timeout = 3600',
  'net_write_timeout = 3600',
];

/** The limits of a session's waits for locks: for a table's definition, and for a row. 0 stands for those of every session. */
export function lockWaits(seconds: number): Settings {
  return { lock_wait_timeout: `${seconds || 600}`, innodb_lock_wait_timeout: `${seconds || 120}` };
}

/**
 * The server ends a watched connection when it has heard nothing for so long, in seconds, and with it its locks: a host
 * may vanish without a word. This side is heard of four times as often.
 */
const silence = 60;

/**
 * Makes a connection one that behaves the same on every server. Its collation is that of the database, because the
 * servers' own default is another in every version, and views and routines remember it. A watched one does not outlive
 * its host.
 */
export async function applySettings(wire: Wire, flavour: Flavour, collation: string, isWatched = false): Promise<void> {
  await wire.run(`SET NAMES utf8mb4${collation.startsWith('utf8mb4_') ? ` COLLATE ${collation}` : ''}`);
  const limits = Object.entries(lockWaits(0)).map(([name, value]) => `${name} = ${value}`);
  const patience = `wait_timeout = ${isWatched ? silence : 31_536_000}`;
  const settings = [...common, patience, ...limits, ...flavour.settings];
  await wire.run(`SET ${settings.map((setting) => `SESSION ${setting}`).join(', ')}`);
  if (isWatched) wire.keepAlive(silence / 4);
}

/**
 * The settings at the head of a restore, and of a file for `mysql` or `mariadb`. The comments are run by one family
 * only. Foreign keys are not checked: that the rows are those of the backup is proven by their digest.
 */
export const fileSettings: readonly string[] = [
  'SET NAMES utf8mb4',
  `SET time_zone = '+00:00'`,
  `SET sql_mode = ${escaped(exactMode)}`,
  'SET foreign_key_checks = 0',
  '/*M! SET check_constraint_checks = 0 */',
];

/** Runs `work` in another sql_mode, and with other settings, and puts the session's own back. */
export async function inMode<T>(wire: Wire, mode: string, work: () => Promise<T>, others: Settings = {}): Promise<T> {
  const settings = Object.entries({ sql_mode: escaped(mode), ...others });
  const each = settings.map(([name, value]) => `@lockstep_${name} = @@${name}, ${name} = ${value}`);
  await wire.run(`SET ${each.join(', ')}`);
  try {
    return await work();
  } finally {
    await wire.run(`SET ${settings.map(([name]) => `${name} = @lockstep_${name}`).join(', ')}`);
  }
}
