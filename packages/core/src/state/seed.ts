import { defaultJobs } from '../backup/default-jobs.ts';
import { digestTables } from '../backup/digest-tables.ts';
import type { Database, Snapshot, TableShape } from '../database/database.ts';
import { identifier, join, raw, sql } from '../database/sql.ts';
import type { RunOptions } from '../progress.ts';
import type { State } from './state.ts';

/** The tables that are not empty, with their digests. */
export async function readSeed(
  database: Database,
  schemas: readonly string[],
  options: RunOptions,
): Promise<State['seed']> {
  const snapshot = await database.snapshot(schemas, { readers: defaultJobs() });
  try {
    const filled = await filledTables(snapshot);
    const results = await digestTables(snapshot, filled, { signal: options.signal });
    return results.filter((result) => result.rows > 0).map(({ name, rows, digest }) => ({ name, rows, digest }));
  } finally {
    await snapshot.close();
  }
}

/** True while a database holds only what its migrations put there. Stops reading at the first difference. */
export async function holdsOnlySeed(
  database: Database,
  schemas: readonly string[],
  seed: State['seed'],
): Promise<boolean> {
  const snapshot = await database.snapshot(schemas);
  try {
    const expected = new Map(seed.map((table) => [table.name, table]));
    const filled = await filledTables(snapshot);
    const missing = seed.some(({ name }) => !filled.some(({ label }) => label === name));
    if (missing) return false;
    for (const table of filled) {
      const known = expected.get(table.label);
      if (!known) {
        for await (const rows of snapshot.read(table)) if (rows.length > 0) return false;
        continue;
      }
      const [found] = await digestTables(snapshot, [table]);
      if (found?.rows !== known.rows || found.digest !== known.digest) return false;
    }
    return true;
  } finally {
    await snapshot.close();
  }
}

/** How many tables one statement asks for. */
const tablesAtOnce = 100;

/** The tables in which there is a row, and parents of such: hundreds that are empty need not be read one by one. */
async function filledTables({ session, shape }: Snapshot): Promise<TableShape[]> {
  const filled: TableShape[] = [];
  for (let start = 0; start < shape.tables.length; start += tablesAtOnce) {
    const some = shape.tables.slice(start, start + tablesAtOnce);
    const questions = some.map(
      ({ schema, name }, index) => sql`SELECT ${raw(String(index))} AS place FROM (SELECT 1 AS one) AS it
        WHERE EXISTS (SELECT 1 FROM ${identifier(schema, name)})`,
    );
    const rows = await session.query(join(questions, ' UNION ALL '));
    const places = new Set(rows.map((row) => Number(row['place'])));
    filled.push(...some.filter((_, index) => places.has(index)));
  }
  return filled;
}
