import { LockstepError } from '../errors.ts';
import type { Migration } from '../release/migration-file.ts';
import type { Step } from '../state/step.ts';
import { writeStep } from '../state/step.ts';
import { settleEffect } from './effect.ts';
import type { NumberedStatement } from './numbered-statement.ts';
import { shownText } from './numbered-statement.ts';
import { waitForOrphan } from './orphan.ts';
import type { Runner } from './runner.ts';

/**
 * The numbers of the statements that are done, after settling one that a crash may have cut. Throws MIGRATION_EDITED,
 * and MIGRATION_UNRESOLVED when it can't be known whether a statement has run.
 */
export async function doneStatements(
  runner: Runner,
  migration: Migration,
  statements: readonly NumberedStatement[],
  known: readonly Step[],
): Promise<ReadonlySet<number>> {
  const steps = known.filter((step) => step.statement > 0);
  refuseEdited(migration, statements, steps);
  const done = new Set(steps.filter(({ status }) => status === 'done').map(({ statement }) => statement));
  const open = steps.find(({ status }) => status !== 'done');
  const statement = open && statements[open.statement - 1];
  if (!open || !statement) return done;

  await waitForOrphan(runner, runner.home, open.facts['session'] ?? '');
  const verdict = await settleEffect(runner, statement, open.facts);
  if (statement.effect === 'repeatable' || statement.transactional) return done;
  if (verdict === 'unknown' || statement.effect === 'unprovable') {
    throw new LockstepError('MIGRATION_UNRESOLVED', {
      version: migration.key,
      script: migration.script,
      statement: open.statement,
      line: open.line ?? 0,
      reason: 'the run was cut off in it, and the database does not tell whether it has happened',
    });
  }
  if (verdict === 'not happened') return done;
  await markDone(runner, migration, statement);
  return done.add(statement.number);
}

/** Records that a statement is done; part of its transaction where it has one. */
export async function markDone(runner: Runner, migration: Migration, statement: NumberedStatement): Promise<void> {
  await writeStep(runner.home, {
    migration: migration.key,
    statement: statement.number,
    checksum: statement.checksum,
    line: statement.line,
    status: 'done',
    facts: { text: shownText(statement.text) },
    actor: runner.actor,
  });
}

/** What has run must stand in the file as it ran. What failed may be corrected. */
function refuseEdited(migration: Migration, statements: readonly NumberedStatement[], steps: readonly Step[]): void {
  const ran = steps.filter(({ status }) => status !== 'failed');
  const edited = ran.find(({ statement, checksum }) => statements[statement - 1]?.checksum !== checksum);
  const last = ran.at(-1);
  if (!edited || !last) return;
  const reason =
    edited === last
      ? `the last statement that ran is ${inWords(last)}, and the file has another one there now`
      : `statement ${inWords(edited)} is another one in the file now; the last that ran is ${inWords(last)}`;
  throw new LockstepError('MIGRATION_EDITED', { version: migration.key, script: migration.script, reason });
}

function inWords({ statement, line, facts }: Step): string {
  return `${statement} (line ${line ?? '?'}): ${facts['text'] ?? 'of which the text is not known'}`;
}
