import { sql } from '../database/sql.ts';
import type { Home } from './tables.ts';
import { ownTable, presentTables } from './tables.ts';
import { parseTexts } from './texts.ts';

/** What a holder of the lock has written down so far, for those that wait for it. */
export interface ProgressMark {
  /** Changes with every phase, statement outside of a transaction, batch and migration that is done. */
  readonly text: string;
  /** Who migrates, and since when; undefined where nobody does, as far as it is written down. */
  readonly holder: string | undefined;
}

/** Reads how far another has come. Takes no lock. */
export async function readProgressMark(home: Home): Promise<ProgressMark> {
  const present = await presentTables(home);
  const isThere = (['lockstep_state', 'lockstep_step', 'flyway_schema_history'] as const).every((name) =>
    present.has(name),
  );
  if (!isThere) return { text: '', holder: undefined };
  const [row] = await home.session.query(sql`SELECT phase, detail, changed_at,
    (SELECT MAX(installed_rank) FROM ${ownTable(home, 'flyway_schema_history')}) AS applied,
    (SELECT MAX(started_at) FROM ${ownTable(home, 'lockstep_step')}) AS started,
    (SELECT MAX(finished_at) FROM ${ownTable(home, 'lockstep_step')}) AS finished
    FROM ${ownTable(home, 'lockstep_state')} WHERE id = 1`);
  const detail = parseTexts(row?.['detail'] ?? '{}');
  const text = [row?.['changed_at'], row?.['applied'], row?.['started'], row?.['finished']].join(' ');
  const { holder, to } = detail;
  if (row?.['phase'] !== 'migrating' || holder === undefined) return { text, holder: undefined };
  const aim = to === undefined ? '' : `, on the way to release ${to}`;
  return { text, holder: `${holder}${aim}, since ${row['changed_at']}` };
}
