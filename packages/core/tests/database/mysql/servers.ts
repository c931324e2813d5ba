import { readFile } from 'node:fs/promises';
import type { MysqlDatabase } from '#core/database/mysql/mysql-database.js';
import { connect } from '#core/database/mysql/connect.js';
import { mariadb, mysql } from '#core/database/mysql/flavour.js';
import { Loader } from '#core/database/mysql/load.js';
import { openMysql } from '#core/database/mysql/open.js';
import { applySettings } from '#core/database/mysql/settings.js';
import { readUrl } from '#core/database/mysql/url.js';
import type { Wire } from '#core/database/mysql/wire.js';
import type { MysqlSession } from '#core/database/mysql/session.js';
import type { Session, Shape, Snapshot } from '#core/database/database.js';
import { TableDigest } from '#core/backup/digest.js';
import { LockstepError } from '#core/errors.js';
import type { TableShape } from '#core/shape/shape.js';
import { atEnd } from '../../../../../tests/fixtures/cleanup.ts';
import { runSql } from '../../../../../tests/fixtures/client.ts';
import { describeEachEngine, type Engine } from '../../../../../tests/fixtures/engines.ts';
import { freshDatabase, type FreshDatabase } from '../../../../../tests/fixtures/fresh-database.ts';

/** Runs cases on every MySQL and MariaDB server. */
export function describeEachServer(title: string, cases: (engine: Engine) => void): void {
  describeEachEngine(title, cases, (engine) => engine.family !== 'postgres');
}

export interface Opened extends FreshDatabase {
  readonly database: MysqlDatabase;
}

/** A fresh database with a collation that every server has, open. Closed and dropped after the file. */
export async function openFresh(engine: Engine): Promise<Opened> {
  const fresh = await freshDatabase(engine);
  await runSql(fresh, `ALTER DATABASE ${nameOf(fresh.url)} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`);
  const database = await openMysql(fresh.url);
  atEnd(() => database.close());
  return { ...fresh, database };
}

export function nameOf(url: string): string {
  return new URL(url).pathname.slice(1);
}

/** A session without strictness, in which the zoo has been made. */
export async function loadZoo(database: MysqlDatabase): Promise<MysqlSession> {
  const session = await database.session({ purpose: 'zoo' });
  await session.execute(`SET sql_mode = ''`);
  const file = new URL(`../../../../../tests/zoo/${database.family}.sql`, import.meta.url);
  for (const { text } of await database.dialect.split(await readFile(file, 'utf8'), 'zoo')) await session.execute(text);
  return session;
}

/** Makes a shape, with the rows in between. */
export async function makeShape(
  session: Session,
  shape: Shape,
  load: () => Promise<void> = async () => {},
): Promise<void> {
  for (const { create } of shape.before) await session.execute(create);
  await load();
  for (const { create } of shape.after) await session.execute(create);
}

export function tableOf(shape: Shape, name: string): TableShape {
  const table = shape.tables.find((candidate) => candidate.name === name);
  if (table === undefined) throw new Error(`no table ${name}`);
  return table;
}

/** Digest and number of rows of every table, by label. */
export async function digests(snapshot: Snapshot): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const table of snapshot.shape.tables) {
    const digest = new TableDigest();
    for await (const rows of snapshot.read(table)) digest.add(rows);
    found[table.label] = `${digest.rows} ${digest.hex()}`;
  }
  return found;
}

/** What an action fails with. It has to be an error of Lockstep. */
export async function failure(action: Promise<unknown>): Promise<LockstepError> {
  const error = await action.then(
    () => new Error('It did not fail.'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof LockstepError) return error;
  throw error;
}

export async function collect(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const found: Buffer[] = [];
  // The memory of a piece is used again.
  for await (const piece of pieces) found.push(Buffer.from(piece));
  return Buffer.concat(found);
}

/** A connection of its own that loads rows by LOAD DATA where that is exact, or by INSERT only. */
export async function openLoader(
  engine: Engine,
  url: string,
  way: 'files' | 'inserts',
): Promise<{ readonly wire: Wire; readonly load: (table: TableShape, rows: Buffer) => Promise<number> }> {
  const flavour = { ...(engine.family === 'mysql' ? mysql : mariadb), longValue: Infinity };
  const wire = await connect(readUrl(url), 'load');
  atEnd(() => wire.end());
  await applySettings(wire, flavour, 'utf8mb4_unicode_ci');
  const [row] = await wire.rows('SELECT @@max_allowed_packet AS packet');
  const loader = new Loader(wire, flavour, { largestPacket: Number(row?.['packet']), localFiles: way === 'files' });
  return {
    wire,
    async load(table, rows) {
      await wire.run('START TRANSACTION');
      try {
        const count = await loader.load(table, rows);
        await wire.run('COMMIT');
        return count;
      } catch (error) {
        await wire.run('ROLLBACK');
        throw error;
      }
    },
  };
}

/** How many statements of each kind the connection has run: `[LOAD DATA, INSERT]`. */
export async function loadsAndInserts(wire: Wire): Promise<number[]> {
  const rows = await wire.rows(`SHOW SESSION STATUS WHERE Variable_name IN ('Com_load', 'Com_insert')`);
  return ['Com_load', 'Com_insert'].map((name) => Number(rows.find((row) => row['Variable_name'] === name)?.['Value']));
}
