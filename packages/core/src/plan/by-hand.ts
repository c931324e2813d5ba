import type { Database, ScriptStatement } from '../database/database.ts';
import { LockstepError } from '../errors.ts';
import { phaseRefused } from '../migrate/adopt.ts';
import { numberStatements } from '../migrate/numbered-statement.ts';
import { databaseRelease } from '../release/database-release.ts';
import type { Migration } from '../release/migration-file.ts';
import type { Product } from '../release/product.ts';
import type { AppliedMigration } from '../state/history.ts';
import { appliedRow } from '../state/history.ts';
import { stateRow, stateUpdate } from '../state/state.ts';
import { inline } from './inline.ts';
import type { Prepared } from './prepare.ts';
import { prepare } from './prepare.ts';

/**
 * The script that does by hand what `migrate` would do, with the history and the state of the release, for the engine's
 * own client. It is right for the database as it is now. Throws what `plan` throws, and MIGRATION_NOT_SQL.
 */
export async function planByHand(database: Database, product: Product, to?: string): Promise<string> {
  return prepare(database, product, to, async (prepared) => {
    const { state, pending } = prepared;
    if (state?.phase === 'migrating') throw phaseRefused(state);
    const other = pending.find(({ language }) => language !== 'sql');
    if (other) throw new LockstepError('MIGRATION_NOT_SQL', { version: other.key, script: other.script });
    return `${(await sectionsOf(prepared)).map((lines) => lines.join('\n')).join('\n\n')}\n`;
  });
}

async function sectionsOf(prepared: Prepared): Promise<string[][]> {
  const { home, code, state, pending, release, to, applied } = prepared;
  const { dialect, schema } = home;
  const { product } = code;
  const line = (statement: string): string => dialect.forClient(statement);
  const from = applied.length === 0 ? 'empty' : release.name;
  const reached = databaseRelease(code, [...applied, ...pending.map(asApplied)]).name;
  const begun = { from, to, holder: 'by hand' };
  const sections = [
    [
      `-- ${product.name}: from ${from} to ${reached}, for ${code.family}.`,
      `-- Stop the servers first, and take a backup. Run it once, with a client that stops at the first error:`,
      code.family === 'postgres'
        ? '-- psql -X -v ON_ERROR_STOP=1 -f FILE'
        : `-- ${code.family} --comments DATABASE < FILE`,
      ...(code.callbacks.length === 0
        ? []
        : [`-- Callbacks are not in it: ${code.callbacks.map(({ script }) => script).join(', ')}.`]),
    ],
    dialect.handSettings(product.schemas).map(line),
  ];
  if (pending.length === 0) return [...sections, ['-- Nothing is pending.']];
  const opening = state
    ? inline(stateUpdate(home, { phase: 'migrating', detail: begun, raiseEpoch: true }), dialect)
    : inline(stateRow(home, product.name, 'migrating', begun), dialect);
  sections.push([...(state ? [] : dialect.ownTables(schema).map(line)), line(opening)]);
  for (const migration of pending) sections.push(await migrationLines(prepared, migration));
  sections.push([line(inline(stateUpdate(home, { phase: 'ready', release: reached }), dialect))]);
  return sections;
}

/** A migration that is in the history from now on. */
function asApplied({ key, version, description, script, checksum }: Migration): AppliedMigration {
  return {
    rank: 0,
    key,
    version: version?.text ?? null,
    description,
    type: 'SQL',
    script,
    checksum,
    installedBy: '',
    installedOn: '',
    executionTime: 0,
    success: true,
  };
}

/** Statements that may share a transaction do, and the history row commits with the last of them. */
async function migrationLines({ home }: Prepared, migration: Migration): Promise<string[]> {
  const { dialect } = home;
  const statements = await numberStatements(home, migration);
  const row = inline(appliedRow(home, migration, 0), dialect);
  const recorded: ScriptStatement = { text: row, line: 0, transactional: true, effect: 'provable' };
  const lines = [`-- ${migration.script}`];
  let isOpen = false;
  for (const { text, transactional } of [...statements, recorded]) {
    if (transactional !== isOpen) lines.push(transactional ? 'BEGIN;' : 'COMMIT;');
    isOpen = transactional;
    lines.push(dialect.forClient(text));
  }
  return [...lines, 'COMMIT;'];
}
