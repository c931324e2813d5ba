import type { Manifest } from '../backup/archive/manifest.ts';
import { sql } from '../database/sql.ts';
import type { Home } from '../state/tables.ts';
import { ownTable } from '../state/tables.ts';
import { clearRecords } from './enter.ts';

/** Writes history and steps as they were when the backup was taken. Belongs into the transaction that ends the restore. */
export async function restoreRecords(home: Home, manifest: Manifest): Promise<void> {
  const history = ownTable(home, 'flyway_schema_history');
  const steps = ownTable(home, 'lockstep_step');
  await clearRecords(home);
  for (const row of manifest.applied) {
    await home.session.run(sql`INSERT INTO ${history}
        (installed_rank, version, description, type, script, checksum, installed_by, installed_on, execution_time, success)
        VALUES (${row.rank}, ${row.version}, ${row.description}, ${row.type}, ${row.script}, ${row.checksum},
          ${row.installedBy}, ${row.installedOn}, ${row.executionTime}, ${row.success})`);
  }
  for (const row of manifest.steps) {
    await home.session.run(sql`INSERT INTO ${steps}
        (migration, statement, checksum, line, status, facts, actor, message, started_at, finished_at)
        VALUES (${row.migration}, ${row.statement}, ${row.checksum}, ${row.line}, ${row.status}, ${row.facts},
          ${row.actor}, ${row.message}, ${row.startedAt}, ${row.finishedAt})`);
  }
}
