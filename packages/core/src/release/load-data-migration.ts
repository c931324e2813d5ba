import { register } from 'node:module';
import { pathToFileURL } from 'node:url';
import { builtFile } from '../built-file.ts';
import type { AnyTableMigration } from '../data-migration/definition.ts';
import { readDefinition } from '../data-migration/definition.ts';
import { LockstepError, reasonOf } from '../errors.ts';
import type { DataMigration } from '../migration.ts';
import type { Migration } from './migration-file.ts';

let registered = false;

/**
 * Loads a TypeScript migration from its source.
 * Throws MIGRATION_IMPORT_FORBIDDEN, or MIGRATION_UNREADABLE when it is not what `defineDataMigration` makes.
 */
export async function loadDataMigration(migration: Migration): Promise<AnyTableMigration | DataMigration> {
  if (!registered) register(builtFile('release/typescript-hooks.js'));
  registered = true;
  // The checksum in the address keeps an edited file from being served out of Node's cache of modules.
  const address = `${pathToFileURL(migration.file).href}?lockstep-migration=${migration.checksum}`;
  const module: unknown = await import(address).catch((error: unknown) => {
    throw importError(migration, error);
  });
  const found = readDefinition(
    typeof module === 'object' && module && 'default' in module ? module.default : undefined,
  );
  if (typeof found !== 'string') return found;
  throw unreadable(migration, found);
}

function importError(migration: Migration, error: unknown): LockstepError {
  if (error instanceof Error && 'code' in error && error.code === 'LOCKSTEP_FORBIDDEN_IMPORT') {
    const specifier = /imports (.*)$/s.exec(error.message)?.[1] ?? '?';
    return new LockstepError('MIGRATION_IMPORT_FORBIDDEN', { file: migration.script, module: specifier });
  }
  return unreadable(migration, reasonOf(error));
}

function unreadable(migration: Migration, reason: string): LockstepError {
  return new LockstepError('MIGRATION_UNREADABLE', { file: migration.script, line: 1, column: 1, reason });
}
