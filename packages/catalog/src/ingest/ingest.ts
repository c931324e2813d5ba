import { openDatabase, SessionPool } from '@lockstep/core';
import type { CatalogueDatabase, CatalogueSchema, Database, RunOptions } from '@lockstep/core';
import type { EntityDocument } from '../entities/document.ts';
import { kinds } from '../entities/kinds.ts';
import { catalogProduct } from '../product.ts';
import { deleteGone } from './delete-gone.ts';
import { foundContainer, foundTable } from './found.ts';
import { openCatalog } from './open-catalog.ts';
import { Run } from './run.ts';
import { prepareService } from './service.ts';
import type { Tally } from './tally.ts';
import { upsert, upsertOne } from './upsert.ts';

export interface IngestOptions extends RunOptions {
  /** The name of the database service in the catalog that stands for the source. Made if it is not there. */
  readonly service: string;
  /** Only the database of the URL, not all that its user may connect to. On MySQL and MariaDB: only its tables. */
  readonly onlyDatabase?: boolean | undefined;
  /** Also information_schema, pg_catalog, mysql, sys, performance_schema. */
  readonly includeSystem?: boolean | undefined;
}

export interface IngestResult {
  readonly service: string;
  /** The source: engine and version, such as `Postgres 15.18`. */
  readonly source: string;
  readonly databases: Tally;
  readonly schemas: Tally;
  readonly tables: Tally;
  /** Databases that could not be read. What the catalog holds of them stays as it is. */
  readonly skipped: readonly { readonly database: string; readonly reason: string }[];
}

/**
 * Reads a database server's own catalogue into the catalog: its databases, schemas, tables and views with columns, keys
 * and comments, below one database service. MySQL and MariaDB have one database `default` with their databases as
 * schemas. Run again, it writes only what has changed at the source, deletes (softly) what has gone, and brings back
 * what has come back; what was left out of a run by its options stays as it is. Entities keep their ids, and what
 * people wrote in the catalog stays: owners, tags, display names, descriptions of their own.
 *
 * The server's estimate of a table's rows is written when the table is, and does not count as a change.
 *
 * One transaction for some hundred tables; a run that was broken off is continued by the next one. Progress counts
 * tables. Throws USAGE, DATABASE_EMPTY, DATABASE_OLDER, DATABASE_NEWER, OTHER_PRODUCT, PHASE_REFUSED,
 * INGEST_SERVICE_OTHER before anything is written, what `openDatabase` throws for the source, and EPOCH_CHANGED or
 * INGEST_CHANGED if the catalog changes under it.
 *
 * @example
 * const { tables } = await ingest(database, 'postgres://reader@db.example.com/shop', { service: 'shop-db' });
 */
export async function ingest(database: Database, sourceUrl: string, options: IngestOptions): Promise<IngestResult> {
  const pool = new SessionPool(database, { purpose: 'ingest', schemas: catalogProduct.schemas });
  try {
    const catalog = await openCatalog(database, pool);
    const source = await openDatabase(sourceUrl, { purpose: 'lockstep ingest', onProgress: options.onProgress });
    try {
      return await readSource(new Run(catalog, options), source, options);
    } finally {
      await source.close();
    }
  } finally {
    await pool.close();
  }
}

async function readSource(run: Run, source: Database, options: IngestOptions): Promise<IngestResult> {
  const { onlyDatabase = false, includeSystem } = options;
  const service = await prepareService(run.catalog, options.service, source.family);
  const skipped: { database: string; reason: string }[] = [];
  const there = new Set<string>();
  for await (const database of source.catalogue({ everyDatabase: !onlyDatabase, includeSystem })) {
    there.add(database.name);
    if (database.unreadable === null) await readDatabase(run, service, database);
    else skipped.push({ database: database.name, reason: database.unreadable });
  }
  if (!onlyDatabase) await deleteGone(run, kinds.database, service.id, there);
  return {
    service: service.fullyQualifiedName,
    source: `${source.engine} ${source.version}`,
    databases: run.tally(kinds.database),
    schemas: run.tally(kinds.databaseSchema),
    tables: run.tally(kinds.table),
    skipped,
  };
}

async function readDatabase(run: Run, service: EntityDocument, database: CatalogueDatabase): Promise<void> {
  const found = foundContainer(database.name, database.comment);
  const document = await upsertOne(run, kinds.database, service, found);
  const schemas = await listed(database.schemas());
  run.expect(schemas.reduce((sum, { tableCount }) => sum + tableCount, 0));
  for (const schema of schemas) await readSchema(run, document, [service.name, database.name], schema);
  const there = new Set([...schemas.map(({ name }) => name), ...database.omitted]);
  await deleteGone(run, kinds.databaseSchema, document.id, there);
}

async function readSchema(
  run: Run,
  database: EntityDocument,
  above: readonly string[],
  schema: CatalogueSchema,
): Promise<void> {
  const found = foundContainer(schema.name, schema.comment);
  const document = await upsertOne(run, kinds.databaseSchema, database, found);
  const there = new Set<string>();
  for await (const tables of schema.tables()) {
    for (const { name } of tables) there.add(name);
    const names = [...above, schema.name];
    await upsert(
      run,
      kinds.table,
      document,
      tables.map((table) => foundTable(names, table)),
    );
    await run.advance(tables.length);
  }
  await deleteGone(run, kinds.table, document.id, there);
}

async function listed(schemas: AsyncIterable<CatalogueSchema>): Promise<CatalogueSchema[]> {
  const list: CatalogueSchema[] = [];
  for await (const schema of schemas) list.push(schema);
  return list;
}
