import { LockstepError } from '../errors.ts';
import type { Naming } from './product.ts';
import type { Version } from './version.ts';
import { parseVersion } from './version.ts';

export interface MigrationName {
  /** Null for a repeatable migration. */
  readonly version: Version | null;
  readonly description: string;
  readonly language: 'sql' | 'typescript';
}

/**
 * Reads the name of a file by Flyway's rules. Undefined for files that are no migrations (by prefix or ending);
 * throws MIGRATION_NAME_INVALID for a name that begins like one but is wrong, since a migration that is silently
 * passed over is worse than an error.
 */
export function parseFileName(file: string, naming: Naming): MigrationName | undefined {
  const base = file.slice(file.lastIndexOf('/') + 1);
  const suffix = [...naming.suffixes, '.ts'].find((ending) => base.toLowerCase().endsWith(ending.toLowerCase()));
  if (suffix === undefined || base.endsWith('.d.ts')) return undefined;
  const stem = base.slice(0, -suffix.length);
  const language = suffix === '.ts' ? 'typescript' : 'sql';
  const prefix = [naming.versioned, naming.repeatable]
    .toSorted((left, right) => right.length - left.length)
    .find((candidate) => stem.startsWith(candidate));
  if (prefix === undefined) return undefined;

  const rest = stem.slice(prefix.length);
  const at = rest.indexOf(naming.separator);
  const left = at < 0 ? rest : rest.slice(0, at);
  const description = (at < 0 ? '' : rest.slice(at + naming.separator.length)).replaceAll('_', ' ');
  if (prefix === naming.repeatable && prefix !== naming.versioned) {
    if (left === '' && at >= 0) return { version: null, description, language };
    throw invalid(file, `a repeatable migration has no version: ${prefix}${naming.separator}views${suffix}`);
  }
  const version = parseVersion(left);
  if (!version) throw invalid(file, left === '' ? 'the version is missing' : `"${left}" is not a version`);
  return { version, description, language };
}

function invalid(file: string, reason: string): LockstepError {
  return new LockstepError('MIGRATION_NAME_INVALID', { file, reason });
}
