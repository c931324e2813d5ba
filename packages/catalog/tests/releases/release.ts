import { identifier, loadProduct, migrate, openDatabase, sql } from '@lockstep/core';
import type { Database, Session, Sql } from '@lockstep/core';
import { catalogProduct } from '#catalog/index.js';
import { atEnd } from '../../../../tests/fixtures/cleanup.ts';
import type { Engine } from '../../../../tests/fixtures/engines.ts';
import { freshDatabase } from '../../../../tests/fixtures/fresh-database.ts';

/** A database of the engine that is migrated release by release. */
export interface OldCatalog {
  readonly database: Database;
  readonly migrateTo: (release: string) => Promise<void>;
  readonly query: (statement: Sql) => ReturnType<Session['query']>;
  /** Stores a document as a server of that release does, without its later columns. */
  readonly insert: (table: string, document: Readonly<Record<string, unknown>> | string) => Promise<void>;
}

/** A catalog's database at 1.0.0, without data. */
export async function oldCatalog(engine: Engine): Promise<OldCatalog> {
  const { url } = await freshDatabase(engine);
  const database = await openDatabase(url);
  atEnd(() => database.close());
  const inSession = async <T>(work: (session: Session) => Promise<T>): Promise<T> => {
    const session = await database.session({ schemas: catalogProduct.schemas });
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  };
  const catalog: OldCatalog = {
    database,
    migrateTo: async (release) => {
      await migrate(database, await loadProduct(catalogProduct), { to: release });
    },
    query: (statement) => inSession((session) => session.query(statement)),
    insert: async (table, document) => {
      const text = typeof document === 'string' ? document : JSON.stringify(document);
      const { id } = JSON.parse(text);
      await inSession((session) =>
        session.run(sql`INSERT INTO ${identifier(table)} (id, json) VALUES (${String(id)}, ${text})`),
      );
    },
  };
  await catalog.migrateTo('1.0.0');
  return catalog;
}

/** What every document has. */
export function documentOf(id: string, name: string, more: object = {}): Readonly<Record<string, unknown>> {
  return {
    id,
    name,
    fullyQualifiedName: name,
    version: 0.1,
    updatedAt: 1_700_000_000_000,
    updatedBy: 'admin',
    deleted: false,
    ...more,
  };
}

/** A table's document. */
export function tableOf(id: string, name: string, more: object = {}): Readonly<Record<string, unknown>> {
  const above = { service: { id: 's' }, database: { id: 'd' }, databaseSchema: { id: 'c' } };
  return documentOf(id, name, { ...above, columns: [], ...more });
}
