import { keepLease, note, prepareServer, SessionPool } from '@lockstep/core';
import type { Database, Keys, LeaseKeeper, Product, RunOptions, ServerStart, Storage } from '@lockstep/core';
import type { FrontDoor } from './front-door.ts';
import { openFrontDoor } from './front-door.ts';
import { createApp } from './http/app.ts';
import type { BackupSchedule } from './schedule/run.ts';
import { runSchedule } from './schedule/run.ts';

export interface ServeOptions extends RunOptions {
  readonly port: number;
  /** There is no login: any address but 127.0.0.1 belongs behind a proxy that asks who is there. */
  readonly host: string;
  /** Where backups go: the one before an upgrade, and those of the schedule. */
  readonly storage: Storage;
  /** To encrypt backups, and to read them back. */
  readonly keys?: Keys | undefined;
  /** When it takes backups while it serves; never if left out. */
  readonly backups?: BackupSchedule | undefined;
  /** Seconds to wait for another that migrates. */
  readonly waitSeconds?: number | undefined;
  /** Gets a line for each error that nobody expected. */
  readonly report: (error: unknown) => void;
}

/**
 * Runs the catalog until the signal ends it: listens, brings the database to this release or waits or refuses, takes a
 * lease, serves, and gives everything back.
 * Throws what `prepareServer` throws, LISTEN_FAILED, and EPOCH_CHANGED or CONNECTION_LOST when the lease is lost.
 */
export async function serve(database: Database, product: Product, options: ServeOptions): Promise<void> {
  const door = await openFrontDoor(options.host, options.port);
  try {
    await note(options, `Listening on ${door.address}`);
    const start = await prepareServer(database, product, options.storage, options);
    const { id, epoch } = { id: start.lease, epoch: start.epoch };
    const keeper = keepLease(database, product.schemas, { id, epoch, address: door.address });
    try {
      await serveUntilTheEnd(database, product, options, door, start, keeper);
    } finally {
      await keeper.release();
    }
  } finally {
    await door.close();
  }
}

async function serveUntilTheEnd(
  database: Database,
  product: Product,
  options: ServeOptions,
  door: FrontDoor,
  start: ServerStart,
  keeper: LeaseKeeper,
): Promise<void> {
  const { dialect } = database;
  const pool = new SessionPool(database, { purpose: 'catalog', schemas: product.schemas });
  const home = dialect.homeSchema(product.schemas);
  const { backups, report } = options;
  const nextBackup = backups && ((): Date => backups.schedule.next(new Date()));
  const app = createApp({ pool, dialect, home, epoch: start.epoch, user: 'admin' }, keeper, report, nextBackup);
  const ending = new AbortController();
  let schedule: Promise<void> = Promise.resolve();
  try {
    await app.ready();
    door.open((request, response) => app.routing(request, response));
    await note(options, `The catalog, release ${start.release}, serves on ${door.address}`);
    if (backups) {
      const { storage, keys, onProgress } = options;
      const signal = options.signal ? AbortSignal.any([options.signal, ending.signal]) : ending.signal;
      schedule = runSchedule(database, product, backups, { onProgress, signal, storage, keys, server: start, report });
    }
    const lost = await Promise.race([keeper.lost, ended(options.signal)]);
    if (lost) throw lost;
    await note(options, 'Ending');
  } finally {
    ending.abort();
    await door.close();
    await app.close();
    await schedule;
    await pool.close();
  }
}

function ended(signal: AbortSignal | undefined): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve(undefined);
    signal?.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
