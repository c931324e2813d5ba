import { join, raw, sql } from '../database/sql.ts';
import type { Sql } from '../database/sql.ts';
import type { Home } from './tables.ts';
import { clock, ownTable, presentTables } from './tables.ts';
import { parseTexts } from './texts.ts';

export type StepStatus = 'running' | 'done' | 'failed' | 'resolved';

/**
 * Intent and progress of a migration. Statement 0 stands for the migration as a whole (its facts hold the cursor of a
 * data migration); 1, 2 ... are its statements; negative ones record what an operator decided.
 */
export interface Step {
  readonly migration: string;
  readonly statement: number;
  readonly checksum: string | null;
  readonly line: number | null;
  readonly status: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly actor: string;
  readonly message: string | null;
  readonly startedAt: string;
  readonly finishedAt: string | null;
}

/** Every step of every migration; none where Lockstep has not been yet. */
export async function readSteps(home: Home): Promise<Step[]> {
  if (!(await presentTables(home)).has('lockstep_step')) return [];
  return query(home, sql``);
}

/** The steps of one migration, in a database that has Lockstep's tables. */
export async function stepsOf(home: Home, migration: string): Promise<Step[]> {
  return query(home, sql`WHERE migration = ${migration}`);
}

async function query(home: Home, where: Sql): Promise<Step[]> {
  const rows = await home.session.query(sql`SELECT migration, statement, checksum, line, status, facts, actor, message,
    started_at, finished_at FROM ${ownTable(home, 'lockstep_step')} ${where} ORDER BY migration, statement`);
  return rows.map((row) => ({
    migration: row['migration'] ?? '',
    statement: Number(row['statement']),
    checksum: row['checksum'] ?? null,
    line: row['line'] === null || row['line'] === undefined ? null : Number(row['line']),
    status: row['status'] ?? '',
    facts: parseTexts(row['facts'] ?? '{}'),
    actor: row['actor'] ?? '',
    message: row['message'] ?? null,
    startedAt: row['started_at'] ?? '',
    finishedAt: row['finished_at'] ?? null,
  }));
}

/** What is written down of a step. */
export interface NewStep {
  readonly migration: string;
  readonly statement: number;
  readonly status: StepStatus;
  readonly checksum?: string | null;
  readonly line?: number | null;
  readonly facts?: Readonly<Record<string, string>>;
  readonly actor: string;
  readonly message?: string | null;
}

/**
 * Writes a step, in place of an earlier one of the same number: by one statement, so that a crash leaves one of the two
 * where there is no transaction.
 */
export async function writeStep(home: Home, step: NewStep): Promise<void> {
  const { migration, statement, status, checksum = null, line = null, facts = {}, message = null } = step;
  const started = status === 'running' ? clock(home) : sql`started_at`;
  const changed = await home.session.run(sql`UPDATE ${ownTable(home, 'lockstep_step')} SET checksum = ${checksum},
    line = ${line}, status = ${status}, facts = ${JSON.stringify(facts)}, actor = ${step.actor}, message = ${message},
    started_at = ${started}, finished_at = ${finishedAt(home, step)}
    WHERE migration = ${migration} AND statement = ${statement}`);
  if (changed === 0) await home.session.run(newSteps(home, [step], { waits: true }));
}

/**
 * The statement that writes steps that are not there yet. Where it `waits`, its commit is on disk when that returns;
 * otherwise only before any later one is, and it has to be a transaction by itself.
 */
export function newSteps(home: Home, steps: readonly NewStep[], { waits }: { readonly waits: boolean }): Sql {
  const noMessage = waits ? sql`NULL` : raw(home.dialect.withoutWaiting);
  const rows = steps.map((step) => {
    const { migration, statement, status, checksum = null, line = null, facts = {}, actor, message } = step;
    return sql`(${migration}, ${statement}, ${checksum}, ${line}, ${status}, ${JSON.stringify(facts)}, ${actor},
      ${message ?? noMessage}, ${clock(home)}, ${finishedAt(home, step)})`;
  });
  return sql`INSERT INTO ${ownTable(home, 'lockstep_step')}
    (migration, statement, checksum, line, status, facts, actor, message, started_at, finished_at)
    VALUES ${join(rows)}`;
}

function finishedAt(home: Home, { status }: NewStep): Sql {
  return status === 'running' ? sql`NULL` : clock(home);
}

export async function removeStep(home: Home, migration: string, statement: number): Promise<void> {
  await home.session.run(sql`DELETE FROM ${ownTable(home, 'lockstep_step')}
    WHERE migration = ${migration} AND statement = ${statement}`);
}

/** Removes the progress of a migration that is done or rolled back. What operators decided stays. */
export async function clearSteps(home: Home, migration: string): Promise<void> {
  await home.session.run(withoutSteps(home, migration));
}

/** The statement that does. */
export function withoutSteps(home: Home, migration: string): Sql {
  return sql`DELETE FROM ${ownTable(home, 'lockstep_step')} WHERE migration = ${migration} AND statement >= 0`;
}
