import { readFile } from 'node:fs/promises';
import { openDatabase } from '#core/database/open.js';
import type { Database, Session } from '#core/database/database.js';
import type { Shape } from '#core/shape/shape.js';
import { atEnd } from '../../../../../tests/fixtures/cleanup.ts';
import { engines, type Engine } from '../../../../../tests/fixtures/engines.ts';
import { freshDatabase } from '../../../../../tests/fixtures/fresh-database.ts';

/** The schemas of the zoo. */
export const zooSchemas: readonly string[] = ['public', 'Zoo "two"'];

export const postgresEngines: readonly Engine[] = engines.filter((engine) => engine.family === 'postgres');

/** An empty database and a session in it. Closed and dropped after the file. */
export async function openEmpty(
  engine: Engine,
): Promise<{ readonly url: string; readonly database: Database; readonly session: Session }> {
  const { url } = await freshDatabase(engine);
  const database = await openDatabase(url);
  atEnd(() => database.close());
  const session = await database.session({ purpose: 'test', schemas: ['public'] });
  // The zoo names roles; a server without them would leave its policies out.
  for (const role of ['zoo_owner', 'zoo "reader"']) await createRole(session, role);
  return { url, database, session };
}

/** The roles stay: they belong to the server, and other tests may be using them. */
async function createRole(session: Session, role: string): Promise<void> {
  const create = `CREATE ROLE "${role.replaceAll('"', '""')}"`;
  await session.execute(`DO $$ BEGIN ${create}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`);
}

/** A database with every kind of object. */
export async function openZoo(engine: Engine): ReturnType<typeof openEmpty> {
  const zoo = await openEmpty(engine);
  await runScript(zoo.database, zoo.session, await readFile(zooFile, 'utf8'));
  return zoo;
}

export const zooFile = new URL('../../../../../tests/zoo/postgres.sql', import.meta.url);

export async function runScript(database: Database, session: Session, script: string): Promise<void> {
  for (const statement of await database.dialect.split(script, 'script')) await session.execute(statement.text);
}

/** Makes the shape in an empty database, as a restore does. */
export async function makeShape(session: Session, shape: Shape): Promise<void> {
  await session.execute('SET check_function_bodies = off');
  for (const { create } of [...shape.before, ...shape.after]) await session.execute(create);
  await session.execute('RESET check_function_bodies');
}
