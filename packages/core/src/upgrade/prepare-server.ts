import type { Database } from '../database/database.ts';
import type { Keys } from '../encryption/keys.ts';
import { LockstepError } from '../errors.ts';
import { phaseRefused, refuseNewer } from '../migrate/adopt.ts';
import { findDrift } from '../migrate/drift.ts';
import { pendingMigrations } from '../migrate/pending.ts';
import type { RunOptions } from '../progress.ts';
import { note, phase } from '../progress.ts';
import { databaseRelease } from '../release/database-release.ts';
import type { Product } from '../release/product.ts';
import type { Code } from '../release/releases.ts';
import { readCode } from '../release/releases.ts';
import { readHistory } from '../state/history.ts';
import { takeLease } from '../state/lease.ts';
import { readState, refuseOtherProduct } from '../state/state.ts';
import type { Home } from '../state/tables.ts';
import { homeOf } from '../state/tables.ts';
import type { Storage } from '../storage/storage.ts';
import { upgrade } from './upgrade.ts';

export interface ServerStart {
  readonly epoch: bigint;
  readonly lease: string;
  readonly release: string;
}

export interface ServerOptions extends RunOptions {
  /** Seconds to wait for another that migrates. */
  readonly waitSeconds?: number | undefined;
  /** To encrypt the backup before an upgrade, and to read it back. */
  readonly keys?: Keys | undefined;
}

/**
 * What a server does before it serves: looks at the phase and migrates, waits or refuses, then takes its lease. An
 * older database is backed up first, unless it holds no data of its own.
 * Throws DATABASE_NEWER, DATABASE_NOT_ADOPTED, DATABASE_DRIFTED, OTHER_PRODUCT, PHASE_REFUSED, LEASE_LIVE and what
 * `upgrade` throws.
 */
export async function prepareServer(
  database: Database,
  product: Product,
  storage: Storage,
  options: ServerOptions = {},
): Promise<ServerStart> {
  refuseCluster(database);
  const code = await readCode(product, database);
  for (;;) {
    const start = await tryStart(database, code, options);
    if (start) return start;
    const result = await upgrade(database, product, storage, { ...options, purpose: 'a starting server' });
    if (result.applied.length > 0) await note(options, `The database is at release ${result.to}`);
  }
}

/** The share lock by which a server's writes are kept apart from an upgrade holds on one node only. */
function refuseCluster({ cluster, location }: Database): void {
  if (cluster === undefined) return;
  const needed = 'a server that stands alone, for `serve`';
  throw new LockstepError('ENGINE_UNSUPPORTED', { location, found: `a node of ${cluster}`, needed });
}

/** The start, or undefined where the database has to be migrated (or another at it waited for) first. */
async function tryStart(database: Database, code: Code, options: RunOptions): Promise<ServerStart | undefined> {
  const { product } = code;
  const session = await database.session({ purpose: 'server start', schemas: product.schemas });
  try {
    const home = homeOf(session, database.dialect, product.schemas);
    const state = await readState(home);
    if (!state || state.phase === 'migrating') return undefined;
    refuseOtherProduct(state, product.name);
    refuseNewer(state, code);
    if (state.phase !== 'ready') throw phaseRefused(state);
    const release = await ownRelease(home, code);
    if (release === undefined) return undefined;
    await refuseDrift(database, home, code);
    await phase(options, 'server:lease');
    return await session.transaction(async () => {
      const now = await readState(home, 'share');
      if (now?.phase !== 'ready' || now.epoch !== state.epoch) return undefined;
      const lease = await takeLease(home, { kind: 'server', release, epoch: now.epoch, address: null });
      return { epoch: now.epoch, lease, release };
    });
  } finally {
    await session.close();
  }
}

/** The database's release if it is exactly what this code expects; undefined if it is older. */
async function ownRelease(home: Home, code: Code): Promise<string | undefined> {
  const applied = await readHistory(home, code.migrations);
  const pending = pendingMigrations(code, applied, code.product.version);
  return pending.length === 0 ? databaseRelease(code, applied).name : undefined;
}

async function refuseDrift(database: Database, home: Home, code: Code): Promise<void> {
  const { schemas } = code.product;
  const applied = await readHistory(home, code.migrations);
  const drift = await findDrift(database, code, await home.session.describe(schemas), applied);
  if (!drift.drifted) return;
  const differences = drift.differences.map(({ kind, name, what }) => `${kind} ${name} is ${what}`);
  throw new LockstepError('DATABASE_DRIFTED', {
    release: code.product.version,
    differences: differences.slice(0, 5).join('; '),
  });
}
