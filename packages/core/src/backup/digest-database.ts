import type { Database } from '../database/database.ts';
import { LockstepError } from '../errors.ts';
import type { RunOptions } from '../progress.ts';
import { databaseRelease } from '../release/database-release.ts';
import type { Product } from '../release/product.ts';
import { readCode } from '../release/releases.ts';
import { fingerprint } from '../shape/fingerprint.ts';
import { readHistory } from '../state/history.ts';
import { readState, refuseOtherProduct } from '../state/state.ts';
import { homeOf } from '../state/tables.ts';
import { contentRoot } from './content-root.ts';
import { defaultJobs } from './default-jobs.ts';
import { digestTables } from './digest-tables.ts';

export interface DatabaseDigest {
  readonly release: string;
  readonly fingerprint: string;
  readonly contentRoot: string;
  readonly tables: readonly { readonly name: string; readonly rows: number; readonly digest: string }[];
}

export interface DigestOptions extends RunOptions {
  /** How many connections read at the same time, where engine and privileges allow it. See `defaultJobs`. */
  readonly jobs?: number | undefined;
}

/**
 * Rows and digest of every table in one snapshot, and the content root: to compare databases and backups.
 * Throws DATABASE_EMPTY, OTHER_PRODUCT.
 */
export async function digestDatabase(
  database: Database,
  product: Product,
  options: DigestOptions = {},
): Promise<DatabaseDigest> {
  const code = await readCode(product, database);
  const snapshot = await database.snapshot(product.schemas, { readers: options.jobs ?? defaultJobs() });
  try {
    const home = homeOf(snapshot.session, database.dialect, product.schemas);
    const state = await readState(home);
    if (!state) throw new LockstepError('DATABASE_EMPTY');
    refuseOtherProduct(state, product.name);
    const release = databaseRelease(code, await readHistory(home, code.migrations)).name;
    const results = await digestTables(snapshot, snapshot.shape.tables, options);
    await snapshot.check();
    const tables = results.map(({ name, rows, digest }) => ({ name, rows, digest }));
    const print = fingerprint(snapshot.shape);
    return { release, fingerprint: print, contentRoot: contentRoot({ fingerprint: print, release, tables }), tables };
  } finally {
    await snapshot.close();
  }
}
