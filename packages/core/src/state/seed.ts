import { defaultJobs } from '../backup/default-jobs.ts';
import { digestTables } from '../backup/digest-tables.ts';
import type { Database } from '../database/database.ts';
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
    const results = await digestTables(snapshot, snapshot.shape.tables, { signal: options.signal });
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
    for (const table of snapshot.shape.tables) {
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
