import type { TableResult } from '../backup/archive/table-of-contents.ts';
import type { ForeignKeyCheck, PutBackTask, Session, Shape, ShapeStatement } from '../database/database.ts';
import { raw } from '../database/sql.ts';
import { LockstepError } from '../errors.ts';
import type { RunOptions } from '../progress.ts';
import { phase } from '../progress.ts';
import type { Home } from '../state/tables.ts';
import type { Crew } from './crew.ts';

/**
 * Puts back what was taken away for the load, as far as it is not there: a run before this one may have done a part of
 * it. Foreign keys are validated.
 */
export async function putBack(
  home: Home,
  crew: Crew,
  after: readonly ShapeStatement[],
  shape: Shape,
  tables: readonly TableResult[],
  options: RunOptions,
): Promise<void> {
  const stages = home.dialect.putBack(missingFrom(shape, after)).map((stage) => largestFirst(stage, tables));
  const total = stages.reduce((sum, stage) => sum + stage.length, 0);
  let done = 0;
  for (const stage of stages) {
    await crew.each(stage, async (session, task) => {
      await phase(options, 'restore:index');
      await run(session, task);
      done += 1;
      await options.onProgress?.({ kind: 'count', what: 'keys, indexes and foreign keys', done, total });
    });
  }
}

/** The statements of which the shape does not have what they make. */
export function missingFrom(shape: Shape, statements: readonly ShapeStatement[]): ShapeStatement[] {
  const present = new Set(shape.after.map(keyOf));
  return statements.filter((statement) => !present.has(keyOf(statement)));
}

async function run(session: Session, { statements, checks = [] }: PutBackTask): Promise<void> {
  try {
    for (const statement of statements) await session.execute(statement);
  } catch (error) {
    // The server names the first row that it finds. Whoever has to mend them wants to see them all.
    if (isBroken(error)) for (const check of checks) await refuseOrphans(session, check);
    throw error;
  }
  if (statements.length === 0) for (const check of checks) await refuseOrphans(session, check);
}

/** SQLSTATE class 23 of the SQL standard: an integrity constraint is broken. */
function isBroken(error: unknown): boolean {
  return error instanceof LockstepError && (error.details['sqlState'] ?? '').startsWith('23');
}

async function refuseOrphans(session: Session, { foreignKey, query }: ForeignKeyCheck): Promise<void> {
  const rows = await session.query(raw(`SELECT 1 FROM (${query} LIMIT 1) orphans`));
  if (rows.length > 0) throw new LockstepError('FOREIGN_KEY_BROKEN', { foreignKey, query });
}

function keyOf({ kind, name, create }: ShapeStatement): string {
  return JSON.stringify([kind, name, create]);
}

function largestFirst(stage: readonly PutBackTask[], tables: readonly TableResult[]): PutBackTask[] {
  const rows = new Map(tables.map((table) => [table.name, table.rows]));
  const size = ({ table }: PutBackTask): number => rows.get(table ?? '') ?? 0;
  return stage.toSorted((a, b) => size(b) - size(a));
}
