import { openPostgres } from '#core/database/postgres/open.js';
import type { PostgresDatabase } from '#core/database/postgres/postgres-database.js';
import type { PostgresSession } from '#core/database/postgres/session.js';
import { LockstepError } from '#core/errors.js';
import type { TableShape } from '#core/shape/shape.js';
import { atEnd } from '../../../../../tests/fixtures/cleanup.ts';
import { describeEachEngine, type Engine } from '../../../../../tests/fixtures/engines.ts';
import { freshDatabase } from '../../../../../tests/fixtures/fresh-database.ts';

/** Runs cases on every Postgres server, but not on PGlite. */
export function describeEachServer(title: string, cases: (engine: Engine) => void): void {
  describeEachEngine(title, cases, (engine) => engine.family === 'postgres' && engine.url !== undefined);
}

/** A fresh database, open. Closed and dropped after the file. */
export async function openFresh(engine: Engine): Promise<{ url: string; database: PostgresDatabase }> {
  const { url } = await freshDatabase(engine);
  const database = await openPostgres(url);
  atEnd(() => database.close());
  return { url, database };
}

export async function openSession(database: PostgresDatabase): Promise<PostgresSession> {
  return await database.session({ purpose: 'test', schemas: ['public'] });
}

/** The shape of a table in `public` with columns of this order. */
export function tableShape(name: string, columns: readonly string[]): TableShape {
  return {
    schema: 'public',
    name,
    label: `public.${name}`,
    columns: columns.map((column) => ({ name: column, type: 'text' })),
  };
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
  for await (const piece of pieces) found.push(Buffer.from(piece));
  return Buffer.concat(found);
}
