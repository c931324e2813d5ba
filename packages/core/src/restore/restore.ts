import { randomUUID } from 'node:crypto';
import type { Manifest } from '../backup/archive/manifest.ts';
import type { Archive } from '../backup/archive/reader.ts';
import { verifyArchive } from '../backup/verify.ts';
import type { TableOfContents } from '../backup/archive/table-of-contents.ts';
import type { Database, Shape, ShapeStatement } from '../database/database.ts';
import { withLock } from '../database/lock.ts';
import { identifier, sql } from '../database/sql.ts';
import { LockstepError } from '../errors.ts';
import { actor } from '../migrate/actor.ts';
import { buildWith } from '../migrate/build.ts';
import { lockName, migrateLocked } from '../migrate/migrate.ts';
import { waitForOrphan } from '../migrate/orphan.ts';
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
import { openCrew } from './crew.ts';
import { settleFailure } from './failure.ts';
import type { Journal } from './journal.ts';
import { readJournal, writeJournal } from './journal.ts';
import { loadAndBuild } from './load-and-build.ts';
import { restoreRecords } from './records.ts';
import type { TargetKind } from './target.ts';
import { inspectTarget } from './target.ts';

export interface RestoreOptions extends RunOptions {
  /** Migrate on to the code's own release afterwards. */
  readonly upgrade?: boolean | undefined;
  /** Make the shape by the DDL in the file, for a backup of a drifted or failed database. Runs SQL that the file brings. */
  readonly embedded?: boolean | undefined;
  readonly waitSeconds?: number | undefined;
  /** Sessions that load, build and read back side by side: as many as there are processors, from 2 to 4, unless given. */
  readonly jobs?: number | undefined;
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
 * comparison is done the database is closed to servers. A run that was cut off goes on where it was when it is run again
 * with the same file, and starts over with another one. With `upgrade` the database stays closed until that is done too,
 * and a run that was cut off in the upgrade goes on with it.
 *
 * Throws FILE_DAMAGED, FILE_FOREIGN, BACKUP_NEWER, BACKUP_OTHER_*, BACKUP_SHAPE_UNKNOWN, ROW_TOO_LARGE, TARGET_NOT_CLEAN,
 * LEASE_LIVE, PHASE_REFUSED; RESTORE_DIFFERS after the load; RESTORE_UNFINISHED when the server or the connection gave way.
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
  await verifyArchive(archive, database.dialect, { ...options, target: database });
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
  try {
    await fill(database, home, code, archive, source, target, options);
    await phase(options, 'restore:compare');
    await note(options, 'Reading back and comparing');
    await compareWithBackup(database, schemas, { fingerprint: manifest.fingerprint, tables: contents.tables }, options);
    await phase(options, 'restore:finish');
    await finish(home, archive, upgrade ? code.product.version : undefined);
  } catch (error) {
    throw await settleFailure(home, error);
  }
  return result;
}

/** Makes the target what the backup was, or what is missing of it when an earlier run was cut off. */
async function fill(
  database: Database,
  home: Home,
  code: Code,
  archive: Archive,
  source: ShapeSource,
  target: TargetKind,
  options: RestoreOptions,
): Promise<void> {
  const { contents } = archive;
  const { schemas } = code.product;
  const { begun, shape, after } =
    (target === 'restoring' ? await goOn(home, schemas, contents, options) : undefined) ??
    (await begin(database, home, code, archive, source, target, options));
  const crew = await openCrew(database, schemas, options);
  try {
    await writeJournal(
      home,
      contents,
      after,
      crew.sessions.map(({ id }) => id),
    );
    await phase(options, 'restore:built');
    await loadAndBuild(home, crew, archive, { shape, after, loaded: begun?.loaded ?? new Set() }, options);
    await phase(options, 'restore:settle');
    await crew.each(contents.counters, (session, counter) => session.execute(home.dialect.counter(counter)));
    await crew.each(shape.tables, (session, table) => session.execute(home.dialect.analyze(table)));
  } finally {
    await crew.close();
  }
}

interface Filling {
  /** What an earlier run has done. */
  readonly begun: Journal | undefined;
  /** The shape as it is now. */
  readonly shape: Shape;
  /** What has to be put back after the load. */
  readonly after: readonly ShapeStatement[];
}

/** Goes on with what an earlier run has begun with the same file; undefined where that is not possible. */
async function goOn(
  home: Home,
  schemas: readonly string[],
  contents: TableOfContents,
  options: RunOptions,
): Promise<Filling | undefined> {
  const before = await readJournal(home, contents);
  if (!before) return undefined;
  // A killed run's last statement may still be at work on the server.
  for (const id of before.sessions) await waitForOrphan(options, home, id);
  const begun = (await readJournal(home, contents)) ?? before;
  const total = contents.frames.filter(({ kind }) => kind === 'data').length;
  await note(options, `Going on where an earlier run stopped: ${begun.loaded.size} of ${total} pieces are loaded`);
  return { begun, shape: await home.session.describe(schemas), after: begun.after };
}

/** Closes the target to servers, and makes the empty shape of the backup without what slows a load down or reacts to it. */
async function begin(
  database: Database,
  home: Home,
  code: Code,
  archive: Archive,
  source: ShapeSource,
  target: TargetKind,
  options: RunOptions,
): Promise<Filling> {
  const { manifest } = archive.contents;
  await enterRestoring(home, target, manifest, archive.name);
  await phase(options, 'restore:entered');
  await note(options, `Building the shape of release ${manifest.release}`);
  const shape = await buildShape(database, home, code, archive, source, options);
  const after = shape.after.filter((statement) => statement.drop !== undefined);
  for (const { drop } of after.toReversed()) if (drop !== undefined) await home.session.execute(drop);
  for (const table of shape.tables) await home.session.run(sql`DELETE FROM ${identifier(table.schema, table.name)}`);
  return { begun: undefined, shape: { ...shape, after: [] }, after };
}

/** Makes the empty shape of the backup. What an interrupted restore has left is taken away first. */
async function buildShape(
  database: Database,
  home: Home,
  code: Code,
  archive: Archive,
  source: ShapeSource,
  options: RunOptions,
): Promise<Shape> {
  const { schemas } = code.product;
  await home.session.wipe(schemas);
  await clearRecords(home);
  if (source.kind === 'migrations') {
    await buildWith(database, code, source.migrations, { signal: options.signal });
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

/** The end of the restore, in one transaction. With a release to go on to, the upgrade begins before a server can. */
async function finish(home: Home, archive: Archive, onTo: string | undefined): Promise<void> {
  const { manifest } = archive.contents;
  await home.session.transaction(async () => {
    await restoreRecords(home, manifest);
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
