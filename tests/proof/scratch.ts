import { readdir } from 'node:fs/promises';
import { homeOf, openDatabase, readState, sql } from '@lockstep/core';
import type { Engine } from '../fixtures/engines.ts';

/**
 * The scratch databases on the engine's server that hold a restore of this file; on PGlite all that is in the temporary
 * folder of the command.
 */
export async function scratchesOf(engine: Engine, file: string, temporary: string): Promise<string[]> {
  const { url } = engine;
  if (url === undefined) return (await readdir(temporary)).filter((name) => name.startsWith('lockstep-scratch-'));
  const found = await Promise.all(
    (await scratchNames(url)).map(async (name) => ((await fileIn(url, name)) === file ? [name] : [])),
  );
  return found.flat();
}

async function scratchNames(url: string): Promise<string[]> {
  const server = await openDatabase(url);
  try {
    const session = await server.session();
    const list =
      server.family === 'postgres'
        ? sql`SELECT datname AS name FROM pg_database WHERE datname LIKE ${'lockstep_scratch_%'}`
        : sql`SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE ${'lockstep_scratch_%'}`;
    return (await session.query(list)).flatMap((row) => row['name'] ?? []);
  } finally {
    await server.close();
  }
}

/** The file that is being restored into a database; undefined if there is none, or the database has just gone. */
async function fileIn(url: string, name: string): Promise<string | undefined> {
  const place = new URL(url);
  place.pathname = `/${name}`;
  try {
    const database = await openDatabase(place.href);
    try {
      const session = await database.session({ schemas: ['public'] });
      return (await readState(homeOf(session, database.dialect, ['public'])))?.detail['file'];
    } finally {
      await database.close();
    }
  } catch {
    // Somebody else's, dropped while this one looked at it.
    return undefined;
  }
}
