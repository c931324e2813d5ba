import { randomUUID } from 'node:crypto';
import type { Manifest } from '../backup/archive/manifest.ts';
import type { Archive } from '../backup/archive/reader.ts';
import { verifyArchive } from '../backup/verify.ts';
import type { Database, Shape } from '../database/database.ts';
import { withLock } from '../database/lock.ts';
import { identifier, sql } from '../database/sql.ts';
import { LockstepError } from '../errors.ts';
import { actor } from '../migrate/actor.ts';
import { buildWith } from '../migrate/build.ts';
import { lockName, migrateLocked } from '../migrate/migrate.ts';
import type { RunOptions } from '../progress.ts';
import { note, phase } from '../progress.ts';
import type { Product } from '../release/product.ts';
import type { Code } from '../release/releases.ts';
import { readCode } from '../release/releases.ts';
import { fingerprint } from '../shape/fingerprint.ts';
import { changeState } from '../state/state.ts';
import type { Phase, State } from '../state/state.ts';
import type { Home } from '../state/tables.ts';
import { homeOf, ownTable } from '../state/tables.ts';
import { parseTexts } from '../state/texts.ts';
import type { ShapeSource } from './check-backup.ts';
import { checkBackup } from './check-backup.ts';
import { compareWithBackup } from './compare.ts';
import { clearRecords, enterRestoring } from './enter.ts';
import { loadTables } from './load.ts';
import { restoreRecords } from './records.ts';
import { inspectTarget } from './target.ts';

export interface RestoreOptions extends RunOptions {
  /** Migrate on to the code's own release afterwards. */
  readonly upgrade?: boolean | undefined;
  /** Make the shape by the DDL in the file, for a backup of a drifted or failed database. Runs SQL that the file brings. */
  readonly embedded?: boolean | undefined;
  readonly waitSeconds?: number | undefined;
}

export interface RestoreResult {
  readonly release: string;
  readonly contentRoot: string;
  readonly tables: readonly { readonly name: string; readonly rows: number; readonly digest: string }[];
  readonly upgradedTo?: string;
}

/**
 * Restores a backup into a clean database of the same release, reads it back and compares. Everything is checked
 * before the first write: every byte of the file, product, release, engine, shape, and the target. Until the
 * comparison is done the database is closed to servers; a restore that was cut starts over when it is run again. With
 * `upgrade` it stays closed until that is done too, and a run that was cut in the upgrade goes on with it.
 *
 * Throws FILE_DAMAGED, FILE_FOREIGN, BACKUP_NEWER, BACKUP_OTHER_*, BACKUP_SHAPE_UNKNOWN, TARGET_NOT_CLEAN, LEASE_LIVE,
 * PHASE_REFUSED; RESTORE_DIFFERS after the load.
 */
export async function restore(
  database: Database,
  product: Product,
  archive: Archive,
  options: RestoreOptions = {},
): Promise<RestoreResult> {
  const code = await readCode(product, database);
  const { manifest } = archive.contents;
  await phase(options, 'restore:check');
  const source = await checkBackup(database, code, manifest, options.embedded ?? false);
  await verifyArchive(archive, database.dialect, options);
  const holder = `lockstep restore, ${actor()}`;
  return withLock(database, lockName(database, product), { ...options, holder }, async (lock) => {
    const session = await database.session({ purpose: 'restore', schemas: product.schemas });
    try {
      const home = homeOf(session, database.dialect, product.schemas);
      const result = await restoreInto(database, home, code, archive, source, options);
      if (!options.upgrade) return result;
      const { to } = await migrateLocked(database, code, lock, {
        ...options,
        to: undefined,
        detail: { restored: manifest.id },
      });
      return { ...result, upgradedTo: to };
    } finally {
      await session.close();
    }
  });
}

async function restoreInto(
  database: Database,
  home: Home,
  code: Code,
  archive: Archive,
  source: ShapeSource,
  options: RestoreOptions,
): Promise<RestoreResult> {
  const { contents } = archive;
  const { manifest } = contents;
  const { schemas } = code.product;
  const result = {
    release: manifest.release,
    contentRoot: contents.contentRoot,
    tables: contents.tables.map(({ name, rows, digest }) => ({ name, rows, digest })),
  };
  const upgrade = options.upgrade ?? false;
  const target = await inspectTarget(database, home, code, manifest, upgrade);
  if (target === 'restored') return result;
  await enterRestoring(home, target, manifest, archive.name);
  await phase(options, 'restore:entered');

  await note(options, `Building the shape of release ${manifest.release}`);
  const shape = await buildShape(database, home, schemas, archive, source, options);
  await phase(options, 'restore:built');
  await emptyTables(home, shape);
  await loadTables(home, archive, shape.tables, options);
  await phase(options, 'restore:loaded');
  await putBack(home, shape, options);
  for (const counter of contents.counters) await home.session.execute(home.dialect.counter(counter));
  await restoreRecords(home, manifest);
  await phase(options, 'restore:compare');
  await note(options, 'Reading back and comparing');
  await compareWithBackup(database, schemas, { fingerprint: manifest.fingerprint, tables: contents.tables }, options);
  await phase(options, 'restore:finish');
  await finish(home, archive, upgrade ? code.product.version : undefined);
  return result;
}

/** Makes the empty shape of the backup. What an interrupted restore has left is taken away first. */
async function buildShape(
  database: Database,
  home: Home,
  schemas: readonly string[],
  archive: Archive,
  source: ShapeSource,
  options: RunOptions,
): Promise<Shape> {
  await home.session.wipe(schemas);
  await clearRecords(home);
  if (source.kind === 'migrations') {
    await buildWith(database, schemas, source.migrations, { signal: options.signal });
  } else {
    for (const kind of ['shape', 'rest'] as const) await runFrames(home, archive, kind);
  }
  const shape = await home.session.describe(schemas);
  const print = fingerprint(shape);
  if (print === archive.contents.manifest.fingerprint) return shape;
  throw new LockstepError('RESTORE_DIFFERS', { differences: 'the shape that was built is not that of the backup' });
}

async function runFrames(home: Home, archive: Archive, kind: 'shape' | 'rest'): Promise<void> {
  for await (const { sql: text } of archive.frames(kind)) {
    for (const statement of await home.dialect.split(text.toString('utf8'), archive.name)) {
      await home.session.execute(statement.text);
    }
  }
}

/** Drops what slows a load down or reacts to it, then the rows that migrations have put there. */
async function emptyTables(home: Home, shape: Shape): Promise<void> {
  for (const statement of shape.after.toReversed()) if (statement.drop) await home.session.execute(statement.drop);
  for (const table of shape.tables) await home.session.run(sql`DELETE FROM ${identifier(table.schema, table.name)}`);
}

async function putBack(home: Home, shape: Shape, options: RunOptions): Promise<void> {
  for (const statement of shape.after) {
    if (!statement.drop) continue;
    await phase(options, 'restore:index');
    await home.session.execute(statement.create);
  }
}

/** The end of the restore, in one transaction. With a release to go on to, the upgrade begins before a server can. */
async function finish(home: Home, archive: Archive, onTo: string | undefined): Promise<void> {
  const { manifest } = archive.contents;
  await home.session.transaction(async () => {
    await home.session.run(
      sql`UPDATE ${ownTable(home, 'lockstep_state')} SET database_id = ${randomUUID()} WHERE id = 1`,
    );
    await changeState(home, { ...phaseAfter(manifest, onTo), release: manifest.release, seed: manifest.seed });
  });
}

function phaseAfter(manifest: Manifest, onTo: string | undefined): { phase: Phase; detail: State['detail'] } {
  if (manifest.phase === 'failed') {
    return { phase: 'failed', detail: parseTexts(manifest.options['detail'] ?? '{}') };
  }
  if (onTo === undefined) return { phase: 'ready', detail: {} };
  return { phase: 'migrating', detail: { restored: manifest.id, from: manifest.release, to: onTo } };
}
