import type { TableResult } from '../backup/archive/table-of-contents.ts';
import type {
  ForeignKeyCheck,
  PutBackStage,
  PutBackTask,
  Session,
  Shape,
  ShapeStatement,
} from '../database/database.ts';
import { raw } from '../database/sql.ts';
import { LockstepError } from '../errors.ts';
import type { RunOptions } from '../progress.ts';
import { phase } from '../progress.ts';
import type { Home } from '../state/tables.ts';

/**
 * The stages in which what was taken away for the load is put back, as far as it is not there: a run before this one may
 * have done a part of it.
 */
export function stagesOf(
  home: Home,
  after: readonly ShapeStatement[],
  shape: Shape,
  tables: readonly TableResult[],
): PutBackStage[] {
  return home.dialect.putBack(missingFrom(shape, after)).map((stage) => largestFirst(stage, tables));
}

/** Puts back what was taken away. Foreign keys are validated. */
export class Builder {
  readonly #total: number;
  readonly #options: RunOptions;
  #done = 0;

  constructor(stages: readonly PutBackStage[], options: RunOptions) {
    this.#total = stages.reduce((sum, stage) => sum + stage.length, 0);
    this.#options = options;
  }

  /** Throws FOREIGN_KEY_BROKEN. */
  async build(session: Session, task: PutBackTask): Promise<void> {
    await phase(this.#options, 'restore:index');
    await run(session, task);
    this.#done += 1;
    const what = 'keys, indexes and foreign keys';
    await this.#options.onProgress?.({ kind: 'count', what, done: this.#done, total: this.#total });
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

async function refuseOrphans(session: Session, { foreignKey, query, any }: ForeignKeyCheck): Promise<void> {
  const rows = await session.query(raw(any));
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
