import type { TableOfContents } from '../backup/archive/table-of-contents.ts';
import type { ShapeStatement } from '../database/database.ts';
import { join, sql } from '../database/sql.ts';
import { actor } from '../migrate/actor.ts';
import { readSteps, writeStep } from '../state/step.ts';
import type { Home } from '../state/tables.ts';
import { clock, ownTable } from '../state/tables.ts';

/**
 * What a restore has done so far: rows of `lockstep_step` in the target, under a name that no migration can have.
 * Statement 0 is written when the empty shape stands: which file it is for, the sessions that work on it, and what was
 * taken away and has to be put back. Statement n is written together with the rows of the file's frame n.
 */
const name = 'restore';

export interface Journal {
  /** What was taken away for the load, in the order in which it has to come back. */
  readonly after: readonly ShapeStatement[];
  /** Indexes of the frames whose rows are there. */
  readonly loaded: ReadonlySet<number>;
  /** Sessions of the run that wrote it. Its process may be dead and a statement of it still at work. */
  readonly sessions: readonly string[];
}

/** The journal of a restore of this very file; undefined where there is none, or one of another file. */
export async function readJournal(home: Home, contents: TableOfContents): Promise<Journal | undefined> {
  const [plan, ...frames] = (await readSteps(home)).filter(({ migration }) => migration === name);
  if (plan?.statement !== 0 || plan.facts['fileRoot'] !== contents.fileRoot) return undefined;
  return {
    after: statementsOf(plan.facts['after'] ?? '[]'),
    loaded: new Set(frames.map((frame) => frame.statement - 1)),
    sessions: (plan.facts['sessions'] ?? '').split(' ').filter((id) => id !== ''),
  };
}

/** Writes which file is being restored, what is to be put back, and who works on it, in place of an earlier word. */
export async function writeJournal(
  home: Home,
  contents: TableOfContents,
  after: readonly ShapeStatement[],
  sessions: readonly string[],
): Promise<void> {
  const facts = {
    backup: contents.manifest.id,
    fileRoot: contents.fileRoot,
    sessions: sessions.join(' '),
    after: JSON.stringify(after),
  };
  await writeStep(home, { migration: name, statement: 0, status: 'running', facts, actor: actor() });
}

/** Writes that the rows of these frames are there. Belongs into the transaction that loads them. */
export async function recordLoaded(home: Home, frames: readonly number[]): Promise<void> {
  const by = actor();
  const rows = frames.map(
    (frame) =>
      sql`(${name}, ${frame + 1}, NULL, NULL, ${'done'}, ${'{}'}, ${by}, NULL, ${clock(home)}, ${clock(home)})`,
  );
  await home.session.run(sql`INSERT INTO ${ownTable(home, 'lockstep_step')}
    (migration, statement, checksum, line, status, facts, actor, message, started_at, finished_at) VALUES ${join(rows, ', ')}`);
}

/** Makes the next run start over. */
export async function forgetJournal(home: Home): Promise<void> {
  await home.session.run(sql`DELETE FROM ${ownTable(home, 'lockstep_step')} WHERE migration = ${name}`);
}

function statementsOf(text: string): ShapeStatement[] {
  const list: unknown = JSON.parse(text);
  return Array.isArray(list) ? list.filter(isStatement) : [];
}

function isStatement(value: unknown): value is ShapeStatement {
  return typeof value === 'object' && value !== null && 'kind' in value && 'name' in value && 'create' in value;
}
