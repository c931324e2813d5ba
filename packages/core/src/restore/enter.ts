import type { Manifest } from '../backup/archive/manifest.ts';
import { sql } from '../database/sql.ts';
import { shutServersOut } from '../migrate/enter.ts';
import { insertState, readState } from '../state/state.ts';
import type { Home } from '../state/tables.ts';
import { createOwnTables, ownTable } from '../state/tables.ts';
import type { TargetKind } from './target.ts';

/** Closes the target to servers: from here on, until the end or an abort, its phase is `restoring`. */
export async function enterRestoring(home: Home, target: TargetKind, manifest: Manifest, file: string): Promise<void> {
  const state = target === 'empty' ? undefined : await readState(home);
  const from = target === 'restoring' ? (state?.detail['from'] ?? 'empty') : target;
  const detail = { file, backup: manifest.id, release: manifest.release, from };
  if (target !== 'empty') {
    await shutServersOut(home, 'restoring', detail);
    return;
  }
  await createOwnTables(home);
  await insertState(home, manifest.product, 'restoring', detail);
}

/** Forgets what migrations have recorded; the backup brings its own. */
export async function clearRecords(home: Home): Promise<void> {
  await home.session.run(sql`DELETE FROM ${ownTable(home, 'flyway_schema_history')}`);
  await home.session.run(sql`DELETE FROM ${ownTable(home, 'lockstep_step')}`);
}
