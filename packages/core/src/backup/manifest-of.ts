import { createHash, randomUUID } from 'node:crypto';
import type { Database, Snapshot } from '../database/database.ts';
import { LockstepError } from '../errors.ts';
import { findDrift } from '../migrate/drift.ts';
import { checkApplied } from '../migrate/pending.ts';
import { phaseRefused, refuseNewer } from '../migrate/adopt.ts';
import { databaseRelease } from '../release/database-release.ts';
import type { Code } from '../release/releases.ts';
import { fingerprint } from '../shape/fingerprint.ts';
import { currentHistory, readHistoryRows } from '../state/history.ts';
import type { State } from '../state/state.ts';
import { readState, refuseOtherProduct } from '../state/state.ts';
import { readSteps } from '../state/step.ts';
import { homeOf } from '../state/tables.ts';
import { version } from '../version.ts';
import { canonicalJson } from './archive/canonical-json.ts';
import type { Manifest } from './archive/manifest.ts';

/**
 * The stamp of a backup, read inside of its snapshot. `upgrading` is for an upgrade that has shut the servers out and
 * backs up before its first change.
 * Throws DATABASE_EMPTY, OTHER_PRODUCT, PHASE_REFUSED, SHAPE_UNSUPPORTED.
 */
export async function manifestOf(
  database: Database,
  code: Code,
  snapshot: Snapshot,
  upgrading: boolean,
): Promise<Manifest> {
  const { product } = code;
  const home = homeOf(snapshot.session, database.dialect, product.schemas);
  const state = await readState(home);
  if (!state) throw new LockstepError('DATABASE_EMPTY');
  refuseState(state, code, upgrading);
  const { shape } = snapshot;
  if (shape.unsupported.length > 0) {
    const found = shape.unsupported.map(({ kind, name }) => `${kind} ${name}`).join(', ');
    throw new LockstepError('SHAPE_UNSUPPORTED', { found });
  }
  const rows = await readHistoryRows(home);
  const applied = currentHistory(rows, code.migrations);
  checkApplied(code, applied);
  const release = databaseRelease(code, applied);
  const sealed = code.releases.find((candidate) => candidate.version === release.base)?.sealed;
  const steps = await readSteps(home);
  const drifted = state.phase === 'failed' || (await findDrift(database, code, shape, applied)).drifted !== false;
  return {
    format: 1,
    id: randomUUID(),
    product: product.name,
    release: release.name,
    applied: rows.map(({ key: _, ...row }) => row),
    steps: steps.map((step) => ({ ...step, facts: JSON.stringify(step.facts) })),
    seed: state.seed,
    appliedHash: release.list,
    seal: sealed
      ? createHash('sha256')
          .update(canonicalJson(JSON.parse(JSON.stringify(sealed))))
          .digest('hex')
      : null,
    fingerprint: fingerprint(shape),
    drifted,
    phase: upgrading ? 'ready' : state.phase,
    keyFingerprint: null,
    engine: { family: database.family, name: database.engine, version: database.version },
    tool: { name: 'lockstep', version },
    takenAt: snapshot.takenAt,
    position: snapshot.position,
    ...(snapshot.notes.length > 0 ? { notes: snapshot.notes } : {}),
    schemas: database.dialect.homeSchema(product.schemas) === '' ? [] : product.schemas,
    // Whoever restores a failed database has to know what failed.
    options: state.phase === 'failed' ? { detail: JSON.stringify(state.detail) } : {},
  };
}

function refuseState(state: State, code: Code, upgrading: boolean): void {
  const product = code.product.name;
  refuseOtherProduct(state, product);
  refuseNewer(state, code);
  if (state.phase === 'ready' || state.phase === 'failed' || upgrading) return;
  throw phaseRefused(state);
}
