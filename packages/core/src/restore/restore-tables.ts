import { TableDigest } from '../backup/digest.ts';
import { resultOf } from '../backup/digest-tables.ts';
import type { Manifest } from '../backup/archive/manifest.ts';
import type { Archive } from '../backup/archive/reader.ts';
import type { TableResult } from '../backup/archive/table-of-contents.ts';
import { verifyArchive } from '../backup/verify.ts';
import type { Database, Lock, RowForm, Session, Shape, ShapeStatement, TableShape } from '../database/database.ts';
import { withLock } from '../database/lock.ts';
import { raw, sql } from '../database/sql.ts';
import { LockstepError } from '../errors.ts';
import { actor } from '../migrate/actor.ts';
import { phaseRefused } from '../migrate/adopt.ts';
import { refuseLiveServers } from '../migrate/enter.ts';
import { lockName, migrateLocked } from '../migrate/migrate.ts';
import { note, phase } from '../progress.ts';
import type { RunOptions } from '../progress.ts';
import { databaseRelease } from '../release/database-release.ts';
import type { Product } from '../release/product.ts';
import type { Code } from '../release/releases.ts';
import { readCode } from '../release/releases.ts';
import { contents as contentsOf } from '../shape/empty.ts';
import { fingerprint } from '../shape/fingerprint.ts';
import { readHistory } from '../state/history.ts';
import { holdsOnlySeed } from '../state/seed.ts';
import { changeState, readState, refuseOtherProduct } from '../state/state.ts';
import type { Home } from '../state/tables.ts';
import { homeOf, ownTable } from '../state/tables.ts';
import type { ShapeSource } from './check-backup.ts';
import { checkBackup } from './check-backup.ts';
import type { Dangling } from './dangling.ts';
import { findDangling, touches } from './dangling.ts';
import { rowsOf } from './load.ts';
import { missingFrom } from './put-back.ts';

export interface RestoreTablesOptions extends RunOptions {
  /** Labels of tables, such as `public.shop`, or names where one table alone has them. `*` are all of them. */
  readonly tables: readonly string[];
  /** Put the rows of the backup in place of those that the tables hold. */
  readonly replace?: boolean | undefined;
  readonly waitSeconds?: number | undefined;
}

export interface RestoreTablesResult {
  readonly release: string;
  readonly tables: readonly { readonly name: string; readonly rows: number; readonly digest: string }[];
  readonly dangling: readonly Dangling[];
}

/**
 * Restores some tables of a backup into a database of the backup's own release, and leaves all others as they are. An
 * empty database is brought to that release first. What the tables hold is replaced only where `replace` says so, or
 * where the database holds nothing but what its migrations put there.
 *
 * All of it is one transaction with its comparison, so the tables are as they were or as in the backup, whatever happens.
 * The epoch is raised in it, which shuts out servers that have started before. Foreign keys between the tables and others
 * may be left dangling; the result names them. On Postgres such a key is left NOT VALID.
 *
 * Before the first write, the table of contents and the frames of these tables are checked; nothing else of the file is
 * read. Throws TABLE_UNKNOWN, REPLACE_NEEDED, REPLACE_IMPOSSIBLE, and what `restore` throws.
 */
export async function restoreTables(
  database: Database,
  product: Product,
  archive: Archive,
  options: RestoreTablesOptions,
): Promise<RestoreTablesResult> {
  const code = await readCode(product, database);
  const { manifest } = archive.contents;
  const wanted = chosenTables(archive.contents.tables, options.tables);
  await phase(options, 'restore:check');
  const source = await checkBackup(database, code, manifest, false);
  await verifyArchive(archive, database.dialect, {
    ...options,
    tables: wanted.map(({ name }) => name),
    target: database,
  });
  const holder = `lockstep restore, ${actor()}`;
  return withLock(database, lockName(database, product), { ...options, holder }, async (lock) => {
    const session = await database.session({ purpose: 'restore', schemas: product.schemas });
    try {
      const home = homeOf(session, database.dialect, product.schemas);
      await makeShape(database, home, code, lock, releaseToMake(code, manifest, source), options);
      const shape = await inspect(database, home, code, manifest, wanted, options.replace ?? false);
      return await replace(database, home, archive, wanted, shape, options);
    } finally {
      await session.close();
    }
  });
}

/** Brings an empty database to the release, also one that a run before this one has left halfway. */
async function makeShape(
  database: Database,
  home: Home,
  code: Code,
  lock: Lock,
  release: string,
  options: RunOptions,
): Promise<void> {
  const state = await readState(home);
  const isHalfway = state?.phase === 'migrating' && state.detail['from'] === 'empty';
  if (state && !isHalfway) return;
  const found = state ? [] : contentsOf(await home.session.describe(code.product.schemas));
  if (found.length > 0) throw new LockstepError('TARGET_NOT_CLEAN', { found: `it holds ${found.join(', ')}` });
  await note(options, `Building the shape of release ${release}`);
  await migrateLocked(database, code, lock, { ...options, to: release });
}

/** The release that an empty database is brought to. Below the code's own, only a sealed one can be made. */
function releaseToMake(code: Code, manifest: Manifest, source: ShapeSource): string {
  const isNewest = source.kind === 'migrations' && source.migrations.length === code.migrations.length;
  if (isNewest) return code.product.version;
  if (!manifest.release.includes('+')) return manifest.release;
  throw new LockstepError('BACKUP_OTHER_RELEASE', { found: manifest.release, needed: code.product.version });
}

function chosenTables(tables: readonly TableResult[], names: readonly string[]): TableResult[] {
  const found = names.flatMap((name) => {
    if (name === '*') return tables;
    const exact = tables.find((table) => table.name === name);
    const [first, second] = tables.filter(({ tableName }) => tableName === name);
    const table = exact ?? (second ? undefined : first);
    if (!table) throw new LockstepError('TABLE_UNKNOWN', { name });
    return table;
  });
  return [...new Set(found)];
}

/** Looks whether the database may take the tables; changes nothing. Returns its shape. */
async function inspect(
  database: Database,
  home: Home,
  code: Code,
  manifest: Manifest,
  wanted: readonly TableResult[],
  mayReplace: boolean,
): Promise<Shape> {
  const { product } = code;
  const state = await readState(home);
  if (!state) throw new LockstepError('INTERNAL', { reason: 'the database has no state' });
  refuseOtherProduct(state, product.name);
  if (state.phase !== 'ready') throw phaseRefused(state);
  await refuseLiveServers(home);
  const release = databaseRelease(code, await readHistory(home, code.migrations));
  if (release.list !== manifest.appliedHash) {
    throw new LockstepError('BACKUP_OTHER_RELEASE', { found: manifest.release, needed: release.name });
  }
  const shape = await home.session.describe(product.schemas);
  if (fingerprint(shape) !== manifest.fingerprint) {
    throw new LockstepError('TARGET_NOT_CLEAN', { found: 'its shape is not that of the backup' });
  }
  if (!mayReplace && !(await holdsOnlySeed(database, product.schemas, state.seed))) {
    throw new LockstepError('REPLACE_NEEDED', { tables: wanted.map(({ name }) => name).join(', ') });
  }
  const trigger = shape.after.find(
    ({ kind, table }) => kind === 'trigger' && wanted.some(({ name }) => name === table),
  );
  if (trigger && !database.dialect.transactionalDdl) {
    const reason = `its trigger ${trigger.name} would react, and cannot be taken away and put back in a transaction`;
    throw new LockstepError('REPLACE_IMPOSSIBLE', { table: trigger.table ?? '', reason });
  }
  return shape;
}

async function replace(
  database: Database,
  home: Home,
  archive: Archive,
  wanted: readonly TableResult[],
  shape: Shape,
  options: RunOptions,
): Promise<RestoreTablesResult> {
  const { schemas, release } = archive.contents.manifest;
  const loader = await database.session({ purpose: 'restore', schemas, bulk: true });
  try {
    const bulk: Home = { ...home, session: loader };
    const dangling = await loader.transaction(() => replaceIn(bulk, schemas, archive, wanted, shape, options));
    for (const table of tablesOf(shape, wanted)) await loader.execute(home.dialect.analyze(table));
    // The loader's commit does not wait for the disk. This one does, and takes the other along.
    await home.session.run(sql`UPDATE ${ownTable(home, 'lockstep_state')} SET changed_at = ${raw(home.dialect.clock)}
      WHERE id = 1`);
    return { release, tables: wanted.map(({ name, rows, digest }) => ({ name, rows, digest })), dangling };
  } finally {
    await loader.close();
  }
}

/** All of the work that changes something, in the transaction of the session. */
async function replaceIn(
  home: Home,
  schemas: readonly string[],
  archive: Archive,
  wanted: readonly TableResult[],
  shape: Shape,
  options: RunOptions,
): Promise<Dangling[]> {
  const { session, dialect } = home;
  await readState(home, 'update');
  await refuseLiveServers(home);
  await changeState(home, { phase: 'ready', raiseEpoch: true });
  await phase(options, 'restore:entered');
  const tables = tablesOf(shape, wanted);
  const away = dialect.transactionalDdl ? inTheWay(shape, tables) : [];
  for (const { drop } of away.toReversed()) if (drop !== undefined) await session.execute(drop);
  for (const table of tables) await session.empty(table);
  await load(session, archive, tables, dialect.rows, options);
  for (const counter of archive.contents.counters) {
    const raise = dialect.raiseCounter(counter);
    if (raise !== undefined) await session.execute(raise);
  }
  const dangling = await findDangling(session, shape, tables);
  await phase(options, 'restore:index');
  if (away.length > 0) await putBackIn(home, schemas, shape, dangling);
  await phase(options, 'restore:compare');
  for (const table of tables) await compare(session, table, wanted);
  await phase(options, 'restore:finish');
  return dangling;
}

function tablesOf(shape: Shape, wanted: readonly TableResult[]): TableShape[] {
  const names = new Set(wanted.map(({ name }) => name));
  return shape.tables.filter(({ label }) => names.has(label));
}

/**
 * What would slow the load down or react to it: keys, indexes and triggers of the tables, and foreign keys from and to
 * them. An index that goes together with those of other partitions stays.
 */
function inTheWay(shape: Shape, tables: readonly TableShape[]): ShapeStatement[] {
  const labels = new Set(tables.map(({ label }) => label));
  const drops = shape.after.map(({ drop }) => drop);
  const isAlone = (drop: string): boolean => drops.indexOf(drop) === drops.lastIndexOf(drop);
  return shape.after.filter(({ table, reference, drop }) => {
    if (drop === undefined) return false;
    return reference ? touches(reference, tables) : labels.has(table ?? '') && isAlone(drop);
  });
}

async function load(
  session: Session,
  archive: Archive,
  tables: readonly TableShape[],
  form: RowForm,
  options: RunOptions,
): Promise<void> {
  const byLabel = new Map(tables.map((table) => [table.label, table]));
  const frames = [...archive.contents.frames.entries()].filter(([, { table }]) => byLabel.has(table ?? ''));
  const total = frames.reduce((sum, [, { rows }]) => sum + rows, 0);
  let done = 0;
  for await (const { entry, sql: text } of archive.read(frames.map(([index]) => index))) {
    const table = byLabel.get(entry.table ?? '');
    if (!table) throw new LockstepError('INTERNAL', { reason: `the shape has no table ${entry.table}` });
    await phase(options, 'restore:load');
    done += await session.load(table, rowsOf(form, table, text, archive.name, true));
    await options.onProgress?.({ kind: 'count', what: 'rows', done, total });
  }
}

/** Puts back whatever is missing: what went away has taken its comments along. A key that does not hold stays unchecked. */
async function putBackIn(
  { session, dialect }: Home,
  schemas: readonly string[],
  shape: Shape,
  dangling: readonly Dangling[],
): Promise<void> {
  const broken = new Set(dangling.map(({ foreignKey }) => foreignKey));
  const droppable = shape.after.filter(({ drop }) => drop !== undefined);
  const statements = missingFrom(await session.describe(schemas), droppable).map((statement) =>
    statement.reference && broken.has(statement.name)
      ? { ...statement, create: dialect.unvalidated(statement) }
      : statement,
  );
  for (const task of dialect.putBack(statements).flat()) {
    for (const statement of task.statements) await session.execute(statement);
  }
}

async function compare(session: Session, table: TableShape, wanted: readonly TableResult[]): Promise<void> {
  const digest = new TableDigest();
  for await (const rows of session.read(table)) digest.add(rows);
  const found = resultOf(table, digest);
  const expected = wanted.find(({ name }) => name === table.label);
  if (found.rows === expected?.rows && found.digest === expected.digest) return;
  const differences = `${table.label} has ${found.rows} rows instead of ${expected?.rows}, or other content`;
  throw new LockstepError('TABLES_DIFFER', { differences });
}
