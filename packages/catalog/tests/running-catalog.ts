import { homeOf, loadProduct, migrate, openDatabase, readState } from '@lockstep/core';
import type { Database } from '@lockstep/core';
import { catalogProduct, startCatalog } from '#catalog/index.js';
import type { CatalogOptions } from '#catalog/index.js';
import { atEnd } from '../../../tests/fixtures/cleanup.ts';
import type { Engine } from '../../../tests/fixtures/engines.ts';
import { freshDatabase } from '../../../tests/fixtures/fresh-database.ts';

/** What a request was answered with. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A catalog that runs on a database of its own. */
export interface TestCatalog {
  readonly database: Database;
  readonly address: string;
  readonly get: (path: string) => Promise<Answer>;
  readonly post: (path: string, body: unknown) => Promise<Answer>;
  readonly put: (path: string, body: unknown) => Promise<Answer>;
  readonly patch: (path: string, body: unknown) => Promise<Answer>;
  readonly delete: (path: string) => Promise<Answer>;
}

/** A migrated database of the engine, open until the test file ends. */
export async function migratedDatabase(engine: Engine): Promise<Database> {
  const { url } = await freshDatabase(engine);
  const database = await openDatabase(url);
  atEnd(() => database.close());
  await migrate(database, await loadProduct(catalogProduct));
  return database;
}

/** Starts a catalog on a new database. Everything ends with the test file. */
export async function runningCatalog(engine: Engine): Promise<TestCatalog> {
  return catalogOn(await migratedDatabase(engine));
}

/** Starts a catalog on a database that is migrated. */
export async function catalogOn(database: Database, options: Partial<CatalogOptions> = {}): Promise<TestCatalog> {
  const server = await startCatalog({
    database,
    epoch: await epochOf(database),
    port: 0,
    report: (text) => {
      throw new Error(text);
    },
    ...options,
  });
  atEnd(() => server.close());
  const send = (method: string) => (path: string, body?: unknown) => request(server.address, method, path, body);
  return {
    database,
    address: server.address,
    get: send('GET'),
    post: send('POST'),
    put: send('PUT'),
    patch: send('PATCH'),
    delete: send('DELETE'),
  };
}

/** The epoch that a server starting now has. */
export async function epochOf(database: Database): Promise<bigint> {
  const session = await database.session({ schemas: catalogProduct.schemas });
  try {
    const state = await readState(homeOf(session, database.dialect, catalogProduct.schemas));
    if (state) return state.epoch;
    throw new Error('The database has no state.');
  } finally {
    await session.close();
  }
}

/** A request as clients send it: they announce JSON always. A string is sent as it is. */
async function request(address: string, method: string, path: string, body: unknown): Promise<Answer> {
  const response = await fetch(`${address}${path}`, {
    method,
    headers: { 'content-type': method === 'PATCH' ? 'application/json-patch+json' : 'application/json' },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: fieldsOf(await response.json()) };
}

/** The fields of a JSON object. Throws for anything else. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new Error(`Not an object: ${String(value)}`);
  return Object.fromEntries(Object.entries(value));
}

/** The elements of a JSON list. Throws for anything else. */
export function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (!Array.isArray(value)) throw new Error(`Not a list: ${String(value)}`);
  return value.map(fieldsOf);
}

/** A JSON text; '' if there is none. Throws for anything else. */
export function textOf(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') throw new Error(`Not a text: ${JSON.stringify(value)}`);
  return value;
}

/** The versions in the history of an entity, which come as JSON texts. */
export function versionsIn({ body }: Answer): readonly Readonly<Record<string, unknown>>[] {
  const { versions } = body;
  if (!Array.isArray(versions)) throw new Error(`No history: ${JSON.stringify(body)}`);
  return versions.map((text) => fieldsOf(JSON.parse(textOf(text))));
}
