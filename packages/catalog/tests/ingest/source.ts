import { openDatabase, sql } from '@lockstep/core';
import type { Database } from '@lockstep/core';
import { runSql } from '../../../../tests/fixtures/client.ts';
import type { Engine } from '../../../../tests/fixtures/engines.ts';
import { freshDatabase } from '../../../../tests/fixtures/fresh-database.ts';
import type { IngestOptions, IngestResult } from '#catalog/index.js';
import { ingest } from '#catalog/index.js';
import type { EntityDocument } from '#catalog/entities/document.js';
import { readDocument } from '#catalog/store/documents.js';
import { storedRows } from '../stored.ts';

/** A database that is read into a catalog. */
export interface Source {
  readonly engine: Engine;
  readonly url: string;
  /** Runs SQL in it and returns what it prints. */
  readonly run: (statements: string) => Promise<string>;
  /** Its schema, as a service `source` shows it: `source.DATABASE.SCHEMA`. */
  readonly path: string;
}

const tables = `
  create table customer (id bigint primary key, name varchar(40) default 'nobody' not null, email varchar(80) unique,
    balance numeric(12, 2));
  create table orders (id int primary key, customer_id bigint, line int, placed timestamp null, unique (id, line),
    constraint of_customer foreign key (customer_id) references customer (id));
  create view names as select id, name from customer;
  create table "odd ""name"".x" (a int);`;

const comments = {
  postgres: `comment on table customer is 'Who buys'; comment on column customer.name is 'In full';`,
  mysql: `alter table customer comment = 'Who buys';
    alter table customer modify column name varchar(40) default 'nobody' not null comment 'In full';`,
};

/** A new database of the engine with two tables, a view, and a table with an odd name. */
export async function makeSource(engine: Engine): Promise<Source> {
  const { url } = await freshDatabase(engine);
  const postgres = engine.family === 'postgres';
  const run = (statements: string): Promise<string> =>
    runSql({ engine, url }, postgres ? statements : `set sql_mode = 'ANSI_QUOTES'; ${statements}`);
  await run(tables + (postgres ? comments.postgres : comments.mysql));
  const name = (await run(postgres ? 'select current_database()' : 'select database()')).trim();
  return { engine, url, run, path: postgres ? `source.${name}.public` : `source.default.${name}` };
}

/** Reads the source's own database, without the server's schemas, into the service `source`. */
export function read(catalog: Database, source: Source, more: Partial<IngestOptions> = {}): Promise<IngestResult> {
  return ingest(catalog, source.url, { service: 'source', onlyDatabase: true, ...more });
}

/** Every table that the catalog holds, deleted or not, by its fully qualified name. */
export async function tablesIn(catalog: Database): Promise<Map<string, EntityDocument>> {
  const rows = await storedRows(catalog, 'table_entity', ['json']);
  return new Map(rows.map(readDocument).map((document) => [document.fullyQualifiedName, document]));
}

/** How many tables and views each schema of the source's server has, by a look of its own. */
export async function tableCounts(source: Source): Promise<Map<string, number>> {
  const database = await openDatabase(source.url);
  try {
    const session = await database.session();
    const rows = await session.query(sql`SELECT table_schema AS name, count(*) AS number
      FROM information_schema.tables WHERE table_type NOT IN ('SEQUENCE', 'LOCAL TEMPORARY') GROUP BY table_schema`);
    return new Map(rows.map((row) => [row['name'] ?? '', Number(row['number'])]));
  } finally {
    await database.close();
  }
}
