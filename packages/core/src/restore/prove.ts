import type { Archive } from '../backup/archive/reader.ts';
import type { Proof } from '../backup/proof.ts';
import type { Database } from '../database/database.ts';
import { LockstepError } from '../errors.ts';
import { person } from '../migrate/actor.ts';
import type { RunOptions } from '../progress.ts';
import { note } from '../progress.ts';
import type { Product } from '../release/product.ts';
import { version } from '../version.ts';
import { restore } from './restore.ts';

export interface ProveOptions extends RunOptions {
  /** Make the shape by the DDL in the file; see `RestoreOptions`. */
  readonly embedded?: boolean | undefined;
}

/**
 * Proves a backup: restores it into a scratch database on the server, which checks every byte of the file, reads every
 * table back and compares, and drops the scratch database. What the server holds otherwise is not touched. That the
 * backup turned out bad is a result. Whatever says nothing about the backup is thrown: a lost connection, a missing
 * privilege, a full disk, code that does not fit.
 */
export async function proveBackup(
  server: Database,
  product: Product,
  archive: Archive,
  options: ProveOptions = {},
): Promise<Proof> {
  const reason = await tryRestore(server, product, archive, options);
  const { contents } = archive;
  return {
    format: 1,
    file: archive.name.slice(archive.name.lastIndexOf('/') + 1),
    fileRoot: contents.fileRoot,
    contentRoot: contents.contentRoot,
    result: reason === null ? 'proven' : 'failed',
    reason,
    by: person(),
    at: new Date().toISOString(),
    engine: `${server.engine} ${server.version}`,
    tool: { name: 'lockstep', version },
    tables: contents.tables.length,
    rows: contents.tables.reduce((sum, table) => sum + table.rows, 0),
  };
}

/** Why the backup does not restore; null if it does. */
async function tryRestore(
  server: Database,
  product: Product,
  archive: Archive,
  options: ProveOptions,
): Promise<string | null> {
  options.signal?.throwIfAborted();
  await note(options, 'Restoring into a scratch database');
  const scratch = await server.scratch();
  try {
    await restore(scratch.database, product, archive, options);
    return null;
  } catch (error) {
    if (error instanceof LockstepError && speaksAgainst(error)) return error.message;
    throw error;
  } finally {
    await scratch.drop();
  }
}

/** True for errors that the backup is to blame for. */
function speaksAgainst(error: LockstepError): boolean {
  if (['FILE_DAMAGED', 'RESTORE_DIFFERS', 'FOREIGN_KEY_BROKEN'].includes(error.code)) return true;
  // SQLSTATE classes of the SQL standard: 0A not supported, 22 data exception, 23 integrity constraint, 42 syntax or
  // object. Others tell of the server: a full disk, a shutdown, a deadlock.
  return error.code === 'STATEMENT_FAILED' && /^(0A|22|23|42)/.test(error.details['sqlState'] ?? '');
}
