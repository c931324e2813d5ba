import { setImmediate } from 'node:timers/promises';
import { checkEpoch, homeOf, identifier, LockstepError, sql } from '@lockstep/core';
import type { Database, Home, RunOptions, Session } from '@lockstep/core';
import { kinds } from '../entities/kinds.ts';
import { catalogProduct } from '../product.ts';
import { readWritableState } from '../writable-catalog.ts';
import { Bulk } from './bulk.ts';
import { Model } from './model.ts';
import { formOf } from './release.ts';
import type { SampleForm } from './release.ts';
import { addRows } from './rows.ts';

export interface SampleOptions extends RunOptions {
  /** How many tables; everything else follows from it. */
  readonly tables: number;
  /** The same seed gives the same bytes. `lockstep` unless told otherwise. */
  readonly seed?: string | undefined;
}

export interface SampleResult {
  readonly release: string;
  readonly seed: string;
  readonly services: number;
  readonly databases: number;
  readonly schemas: number;
  readonly tables: number;
  readonly users: number;
}

/** One transaction loads about so many bytes. */
const bytesPerTransaction = 3_000_000;

/**
 * Fills an empty catalog with generated metadata, in the form of the release that the database is at: services,
 * databases, schemas, tables of 1 to 20 kB, users and owners; from 1.1.0 on lineage, from 1.2.0 on tags. A fixed share
 * of it is hard: names and values that careless software mixes up. Writes in bulk, without a server.
 *
 * Progress counts tables. Throws USAGE, DATABASE_EMPTY, OTHER_PRODUCT, PHASE_REFUSED, SAMPLE_RELEASE_UNKNOWN,
 * SAMPLE_NOT_EMPTY before anything is written, and EPOCH_CHANGED if the database is upgraded or restored meanwhile.
 *
 * @example
 * await sample(database, { tables: 100_000, seed: 'load test' });
 */
export async function sample(database: Database, options: SampleOptions): Promise<SampleResult> {
  const { tables, seed = 'lockstep' } = options;
  if (!Number.isSafeInteger(tables) || tables < 1) {
    throw new LockstepError('USAGE', { reason: `A sample needs at least one table, not ${tables}` });
  }
  const { schemas } = catalogProduct;
  const session = await database.session({ purpose: 'sample', schemas });
  try {
    const home = homeOf(session, database.dialect, schemas);
    const { release, epoch } = await readWritableState(home);
    const form = formOf(release);
    await refuseEntities(session);
    const shape = await session.describe(schemas);
    const model = new Model(seed, tables);
    await fill(home, epoch, new Bulk(database.dialect, shape.tables), model, form, options);
    return { release, seed, ...model.counts };
  } finally {
    await session.close();
  }
}

/** Services are written first, so a sample that was broken off shows here too. */
async function refuseEntities(session: Session): Promise<void> {
  for (const { table } of [kinds.databaseService, kinds.table]) {
    const [row] = await session.query(sql`SELECT count(*) AS number FROM ${identifier(table)}`);
    const found = row?.['number'] ?? '0';
    if (found !== '0') throw new LockstepError('SAMPLE_NOT_EMPTY', { found: `${found} rows in ${table}` });
  }
}

/** Makes the next rows while the ones before are on their way to the server. */
async function fill(
  home: Home,
  epoch: bigint,
  bulk: Bulk,
  model: Model,
  form: SampleForm,
  { onProgress, signal }: RunOptions,
): Promise<void> {
  const { tables } = model.counts;
  let written = Promise.resolve();
  const write = async (done: number): Promise<void> => {
    const load = bulk.take();
    await written;
    signal?.throwIfAborted();
    written = writeBatch(home, epoch, load).then(() =>
      onProgress?.({ kind: 'count', what: 'tables', done, total: tables }),
    );
    // It is awaited before the next batch; until then a failure is no unhandled one.
    written.catch(() => undefined);
  };
  try {
    let made = 0;
    for (const done of addRows(bulk, model, form)) {
      if (bulk.bytes >= bytesPerTransaction) await write(done);
      // The connection gets its turn: making rows leaves it none.
      if (++made % 16 === 0) await setImmediate();
    }
    await write(tables);
  } finally {
    await written;
  }
}

async function writeBatch(home: Home, epoch: bigint, load: (session: Session) => Promise<void>): Promise<void> {
  await home.session.transaction(async () => {
    await checkEpoch(home.session, home.dialect, home.schema, epoch);
    await load(home.session);
  });
}
