import { reasonOf, SessionPool } from '@lockstep/core';
import type { Database } from '@lockstep/core';
import type { Catalog } from './catalog.ts';
import { openFrontDoor } from './front-door.ts';
import { createApp } from './http/app.ts';
import type { LeaseStatus } from './http/system.ts';
import { catalogProduct } from './product.ts';

export interface CatalogOptions {
  /** A database at this release. The caller opens, migrates and closes it. */
  readonly database: Database;
  /** The epoch of the database at the start; with another one, writes are refused. */
  readonly epoch: bigint;
  readonly lease?: LeaseStatus;
  /** 0 takes a free one. */
  readonly port: number;
  /**
   * Where to listen, 127.0.0.1 unless told otherwise. There is no login: whoever reaches the port may read and change
   * everything, so any other address belongs behind a proxy that asks who is there.
   */
  readonly host?: string;
  /** Gets a line for each error that nobody expected. */
  readonly report?: (text: string) => void;
}

export interface RunningCatalog {
  /** Such as `http://127.0.0.1:8585`. */
  readonly address: string;
  /** Takes no more requests, finishes those at work, and gives its sessions back. */
  close(): Promise<void>;
}

/**
 * Starts the catalog's server on a database that is ready for it.
 * Throws LISTEN_FAILED if it can't listen there.
 *
 * @example
 * const server = await startCatalog({ database, epoch: 1n, port: 8585 });
 */
export async function startCatalog(options: CatalogOptions): Promise<RunningCatalog> {
  const { database, epoch, lease, port, host = '127.0.0.1', report = () => undefined } = options;
  const { schemas } = catalogProduct;
  const pool = new SessionPool(database, { purpose: 'catalog', schemas });
  const { dialect } = database;
  const catalog: Catalog = { pool, dialect, home: dialect.homeSchema(schemas), epoch, user: 'admin' };
  const app = createApp(catalog, lease, (error) => {
    report(reasonOf(error));
  });
  try {
    const door = await openFrontDoor(host, port);
    await app.ready();
    door.open((request, response) => app.routing(request, response));
    const close = async (): Promise<void> => {
      await door.close();
      await app.close();
      await pool.close();
    };
    return { address: door.address, close };
  } catch (error) {
    await app.close();
    await pool.close();
    throw error;
  }
}
