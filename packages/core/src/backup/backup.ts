import type { Database, ShapeStatement, Snapshot, TableShape } from '../database/database.ts';
import { Room } from '../database/room.ts';
import type { Keys } from '../encryption/keys.ts';
import type { RunOptions } from '../progress.ts';
import { phase } from '../progress.ts';
import type { Product } from '../release/product.ts';
import { readCode } from '../release/releases.ts';
import type { Storage } from '../storage/storage.ts';
import { frameContent } from './archive/limits.ts';
import type { Manifest } from './archive/manifest.ts';
import type { TableResult } from './archive/table-of-contents.ts';
import { ArchiveWriter } from './archive/writer.ts';
import { createFile } from './create-file.ts';
import { TableDigest } from './digest.ts';
import { resultOf } from './digest-tables.ts';
import { piecesOf } from './frames.ts';
import { manifestOf } from './manifest-of.ts';
import { plainSql, statements } from './plain-sql.ts';
import { defaultJobs } from './default-jobs.ts';
import { readParts } from './read-parts.ts';
import type { PartOfTable } from './read-parts.ts';
import type { BackupSummary } from './summary.ts';
import { summaryOf } from './summary.ts';

export interface BackupOptions extends RunOptions {
  /** For an upgrade that has shut servers out already. */
  readonly upgrading?: boolean | undefined;
  /** How many connections read at the same time, where engine and privileges allow it. See `defaultJobs`. */
  readonly jobs?: number | undefined;
  /** Whom the file is encrypted to; see `parseRecipients`. Without any it is not encrypted. */
  readonly keys?: Pick<Keys, 'recipients'> | undefined;
}

/**
 * Takes a stamped backup in one consistent snapshot. The file has its name only when it is whole and on disk.
 * Throws DATABASE_EMPTY, PHASE_REFUSED, SHAPE_UNSUPPORTED, SNAPSHOT_CHANGED, STORAGE_FAILED, SPACE_MISSING.
 */
export async function backup(
  database: Database,
  product: Product,
  storage: Storage,
  options: BackupOptions = {},
): Promise<BackupSummary> {
  const code = await readCode(product, database);
  await phase(options, 'backup:begin');
  const snapshot = await database.snapshot(product.schemas, { readers: options.jobs ?? defaultJobs() });
  try {
    await phase(options, 'backup:snapshot');
    const manifest = await manifestOf(database, code, snapshot, options.upgrading ?? false);
    return await write(database, product, snapshot, manifest, storage, options);
  } finally {
    await snapshot.close();
  }
}

async function write(
  database: Database,
  product: Product,
  snapshot: Snapshot,
  manifest: Manifest,
  storage: Storage,
  options: BackupOptions,
): Promise<BackupSummary> {
  const { shape } = snapshot;
  const { dialect } = database;
  const plain = plainSql(dialect, dialect.homeSchema(product.schemas), manifest);
  const file = await createFile(storage, manifest, options.keys?.recipients);
  const writer = new ArchiveWriter(file);
  try {
    await writer.start(manifest);
    const isSchema = (statement: ShapeStatement): boolean => statement.kind === 'schema';
    await writer.frame({ kind: 'head', sql: Buffer.from(plain.head(creates(shape.before.filter(isSchema)))) });
    const before = creates(shape.before.filter((statement) => !isSchema(statement)));
    await writer.frame({ kind: 'shape', sql: Buffer.from(statements(before)) });
    const tables = await writeTables(database, snapshot, writer, options);
    const counters = await snapshot.counters();
    const counting = counters.map((counter) => dialect.counter(counter));
    await writer.frame({ kind: 'counters', sql: Buffer.from(statements(counting)) });
    await writer.frame({ kind: 'rest', sql: Buffer.from(statements(creates(shape.after))) });
    await writer.frame({ kind: 'state', sql: Buffer.from(plain.state()) });
    const paths = tables.map((result, index) => ({ ...result, path: pathOf(shape.tables[index]) }));
    await writer.frame({ kind: 'tail', sql: Buffer.from(plain.tail(paths)) });
    // Whatever changed the shape while rows were read has to be found before the file gets its name.
    await snapshot.check();
    await phase(options, 'backup:finish');
    const { contents, size } = await writer.finish({ tables, counters });
    await phase(options, 'backup:publish');
    await file.publish(contents);
    await phase(options, 'backup:published');
    return summaryOf(file.place, contents, size);
  } finally {
    await writer.close();
    // Does nothing to a file that is published.
    await file.abandon();
  }
}

async function writeTables(
  database: Database,
  snapshot: Snapshot,
  writer: ArchiveWriter,
  options: RunOptions,
): Promise<TableResult[]> {
  const { tables } = snapshot.shape;
  const total = [...(await snapshot.sizes()).values()].reduce((sum, bytes) => sum + bytes, 0);
  const digests = new Map(tables.map((table) => [table, new TableDigest()]));
  /** Of parts that are done. */
  const spare: { readonly gathered: Room; readonly wrapped: Room }[] = [];
  const writePart = async ({ table, rows }: PartOfTable): Promise<void> => {
    const part = new TableDigest();
    const rooms = spare.pop() ?? { gathered: new Room(), wrapped: new Room() };
    for await (const piece of piecesOf(rows, frameContent(total), rooms.gathered)) {
      await phase(options, 'backup:data');
      const before = part.rows;
      part.add(piece);
      const sql = database.dialect.rows.wrapInPieces(table, piece, rooms.wrapped);
      await writer.frame({ kind: 'data', table: table.label, rows: part.rows - before, sql });
    }
    spare.push(rooms);
    digests.set(table, TableDigest.combine([digests.get(table) ?? new TableDigest(), part]));
  };
  await readParts(snapshot, tables, writePart, options);
  return [...digests].map(([table, digest]) => resultOf(table, digest));
}

function creates(list: readonly ShapeStatement[]): string[] {
  return list.map((statement) => statement.create);
}

function pathOf(table: TableShape | undefined): string[] {
  return [table?.schema ?? '', table?.name ?? ''].filter((part) => part !== '');
}
