import { openDatabase } from '../database/open.ts';
import type { Database } from '../database/database.ts';
import type { LockstepError } from '../errors.ts';
import { loadProduct } from '../release/load-product.ts';
import type { ProductSource } from '../release/product.ts';
import { openStorage } from '../storage/open.ts';
import { keepLease } from './lease-keeper.ts';
import type { ServerOptions } from './prepare-server.ts';
import { prepareServer } from './prepare-server.ts';

export interface GuardOptions extends ServerOptions {
  /** `postgres://`, `mysql://`, `mariadb://` or `pglite:FOLDER`. */
  readonly database: string;
  readonly product: ProductSource;
  /** Where the backup before an upgrade goes: a folder, or `s3://BUCKET/PREFIX`. `.lockstep/backups` if left out. */
  readonly backups?: string | undefined;
  /** Where the server is to be found, for people who look at the leases. */
  readonly address?: string | undefined;
}

/** A server whose database has the shape that its code expects. */
export interface GuardedServer {
  /** The release of code and database. */
  readonly release: string;
  /** To be compared with the database's own in each write (`checkEpoch`), where the server cannot end at once. */
  readonly epoch: bigint;
  /** Fulfilled with the reason when the server may not go on: its database was upgraded or restored, or is gone. */
  readonly lost: Promise<LockstepError>;
  /** Gives the lease back and closes the database. */
  leave(): Promise<void>;
}

/**
 * What a server does before it serves: brings its database to its own release, or waits for another that does, or
 * refuses. An older database is backed up first, unless it holds no data of its own. From then on a lease tells others
 * that the server lives, so that nobody upgrades or restores the database under it.
 *
 * Throws what `openDatabase` and `prepareServer` throw.
 *
 * @example
 * const product = { name: 'shop', version: '1.4.0', migrations: './migrations', schemas: ['public'] };
 * const guard = await guardServer({ database: process.env.DATABASE_URL, product });
 * guard.lost.then((error) => process.exit(error.exit));
 */
export async function guardServer(options: GuardOptions): Promise<GuardedServer> {
  const product = await loadProduct(options.product);
  const { waitSeconds } = options;
  const database = await openDatabase(options.database, {
    ...options,
    purpose: product.name,
    serves: true,
    waitSeconds,
  });
  try {
    const storage = openStorage(options.backups ?? '.lockstep/backups');
    const { lease, epoch, release } = await prepareServer(database, product, storage, options);
    const keeper = keepLease(database, product.schemas, { id: lease, epoch, address: options.address ?? null });
    return { release, epoch, lost: keeper.lost, leave: () => leave(database, () => keeper.release()) };
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function leave(database: Database, release: () => Promise<void>): Promise<void> {
  try {
    await release();
  } finally {
    await database.close();
  }
}
