import { digestDatabase, fingerprint, homeOf, identifier, readHistory, readState, sql } from '@lockstep/core';
import type { Database, Home, Product } from '@lockstep/core';

/**
 * All of a database that must be the same after a killed run and the next one as after one run: content, shape, history
 * without its times, phase, seed, and the steps that are left, without what operators decided.
 */
export async function stateOf(database: Database, product: Product): Promise<Readonly<Record<string, unknown>>> {
  const session = await database.session({ schemas: product.schemas });
  try {
    const home = homeOf(session, database.dialect, product.schemas);
    const state = await readState(home);
    if (!state) return { phase: 'none', fingerprint: fingerprint(await session.describe(product.schemas)) };
    const { phase, release, seed, detail } = state;
    const history = (await readHistory(home)).map(
      ({ rank, version, description, type, script, checksum, success }) => ({
        rank,
        version,
        description,
        type,
        script,
        checksum,
        success,
      }),
    );
    const steps = await stepsLeft(home);
    const { release: digestRelease, fingerprint: shape, contentRoot, tables } = await digestDatabase(database, product);
    const about = phase === 'ready' ? detail : '(not compared)';
    return { phase, detail: about, release, seed, history, steps, digestRelease, shape, contentRoot, tables };
  } finally {
    await session.close();
  }
}

async function stepsLeft(home: Home): Promise<unknown> {
  return home.session.query(
    sql`SELECT migration, statement, status FROM ${identifier(home.schema, 'lockstep_step')} WHERE statement >= 0`,
  );
}
