import { LockstepError } from '../errors.ts';
import type { CallbackEvent } from './events.ts';
import { foreignEvents, isCallbackEvent, refusedEvents } from './events.ts';
import type { Naming } from './product.ts';
import type { Version } from './version.ts';
import { parseVersion } from './version.ts';

export interface MigrationName {
  readonly kind: 'migration';
  /** Null for a repeatable migration. */
  readonly version: Version | null;
  readonly description: string;
  readonly language: 'sql' | 'typescript';
}

export interface CallbackName {
  readonly kind: 'callback';
  readonly event: CallbackEvent;
  readonly description: string;
}

/** A file of Flyway's that Lockstep knows and does not run. */
export interface IdleName {
  readonly kind: 'undo' | 'baseline' | 'event';
  readonly version: Version | null;
}

export type FileName = MigrationName | CallbackName | IdleName;

/**
 * Reads the name of a file by Flyway's rules. Undefined for files that are no migrations (by prefix or ending);
 * throws MIGRATION_NAME_INVALID for a name that begins like one but is wrong, since a migration that is silently
 * passed over is worse than an error.
 */
export function parseFileName(file: string, naming: Naming): FileName | undefined {
  const base = file.slice(file.lastIndexOf('/') + 1);
  const suffix = [...naming.suffixes, '.ts'].find((ending) => base.toLowerCase().endsWith(ending.toLowerCase()));
  if (suffix === undefined || base.endsWith('.d.ts')) return undefined;
  const stem = base.slice(0, -suffix.length);
  const language = suffix === '.ts' ? 'typescript' : 'sql';
  const callback = language === 'sql' ? parseCallback(file, stem, naming) : undefined;
  if (callback) return callback;
  const prefix = [naming.versioned, naming.repeatable]
    .toSorted((left, right) => right.length - left.length)
    .find((candidate) => stem.startsWith(candidate));
  if (prefix === undefined) return language === 'sql' ? parseIdle(stem, naming) : undefined;

  const { left, description, isDescribed } = parts(stem.slice(prefix.length), naming);
  if (prefix === naming.repeatable && prefix !== naming.versioned) {
    if (left === '' && isDescribed) return { kind: 'migration', version: null, description, language };
    throw invalid(file, `a repeatable migration has no version: ${prefix}${naming.separator}views${suffix}`);
  }
  const version = parseVersion(left);
  if (!version) throw invalid(file, left === '' ? 'the version is missing' : `"${left}" is not a version`);
  return { kind: 'migration', version, description, language };
}

function parts(text: string, naming: Naming): { left: string; description: string; isDescribed: boolean } {
  const at = text.indexOf(naming.separator);
  const description = at < 0 ? '' : text.slice(at + naming.separator.length);
  return {
    left: at < 0 ? text : text.slice(0, at),
    description: description.replaceAll('_', ' '),
    isDescribed: at >= 0,
  };
}

function parseCallback(file: string, stem: string, naming: Naming): CallbackName | IdleName | undefined {
  const { left, description } = parts(stem, naming);
  if (isCallbackEvent(left)) return { kind: 'callback', event: left, description };
  if (foreignEvents.test(left)) return { kind: 'event', version: null };
  if (refusedEvents.includes(left)) throw invalid(file, `callbacks of the event ${left} are not supported`);
  const meant = /^(before|after)(Each)?Migrate/.exec(left)?.[0];
  if (meant !== undefined) throw invalid(file, `a callback is named ${meant}.sql or ${meant}__description.sql`);
  return undefined;
}

/** Undo and baseline migrations. What has no version behind the letter is somebody's own file. */
function parseIdle(stem: string, naming: Naming): IdleName | undefined {
  const version = parseVersion(parts(stem.slice(1), naming).left) ?? null;
  if (version === null) return undefined;
  if (stem.startsWith('U')) return { kind: 'undo', version };
  return stem.startsWith('B') ? { kind: 'baseline', version } : undefined;
}

function invalid(file: string, reason: string): LockstepError {
  return new LockstepError('MIGRATION_NAME_INVALID', { file, reason });
}
