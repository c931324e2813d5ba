import type { Observation, ScriptStatement } from '../database/database.ts';
import { note } from '../progress.ts';
import type { Step } from '../state/step.ts';
import type { Home } from '../state/tables.ts';
import { parseTexts } from '../state/texts.ts';
import type { Runner } from './runner.ts';

/** What the database says about a statement that a crash may have cut. */
export type Verdict = 'happened' | 'not happened' | 'unknown';

/** The facts that will tell, after a crash, whether a statement has happened: who runs it, and what was before. */
export async function factsBefore(home: Home, statement: ScriptStatement): Promise<Record<string, string>> {
  const session = { session: home.session.id };
  if (!statement.targets) return session;
  const { things, leftovers } = await home.dialect.effects.observe(home.session, statement);
  return { ...session, before: JSON.stringify(things), leftovers: JSON.stringify(leftovers) };
}

/** Takes away what would let a statement do nothing and seem done. */
export async function clearTheWay(runner: Runner, statement: ScriptStatement): Promise<void> {
  if (!statement.targets) return;
  const { session, dialect } = runner.home;
  for (const text of await dialect.effects.clear(session, statement)) await note(runner, text);
}

/** Ends or takes away what a statement that was cut, or has failed, has left half-done. */
async function mend(runner: Runner, statement: ScriptStatement, facts: Step['facts']): Promise<void> {
  const before = observed(facts);
  if (!before || !statement.targets) return;
  const { session, dialect } = runner.home;
  for (const text of await dialect.effects.mend(session, statement, before)) await note(runner, text);
}

/** Mends, and tells whether the statement has happened. */
export async function settleEffect(runner: Runner, statement: ScriptStatement, facts: Step['facts']): Promise<Verdict> {
  await mend(runner, statement, facts);
  return verdictOf(await compareThings(runner.home, statement, facts));
}

/** A thing of the database, before a statement and now. */
export interface ThingFact {
  readonly name: string;
  readonly before: string;
  readonly now: string;
}

/** Compares what a statement changes with what it was before. Writes nothing. */
export async function compareThings(
  home: Home,
  statement: ScriptStatement,
  facts: Step['facts'],
): Promise<readonly ThingFact[]> {
  const before = observed(facts);
  if (!before || !statement.targets) return [];
  const now = await home.dialect.effects.observe(home.session, statement);
  return Object.entries(before.things).map(([name, state]) => ({ name, before: state, now: now.things[name] ?? '?' }));
}

/** Whether the statement has happened, by its things. Nobody else changes them meanwhile, since the lock is held. */
export function verdictOf(things: readonly ThingFact[]): Verdict {
  if (things.length === 0 || things.some(({ before, now }) => before === '?' || now === '?')) return 'unknown';
  return things.some(({ before, now }) => before !== now) ? 'happened' : 'not happened';
}

function observed({ before, leftovers = '[]' }: Step['facts']): Observation | undefined {
  if (before === undefined || !before.startsWith('{')) return undefined;
  const left: unknown = JSON.parse(leftovers);
  return { things: parseTexts(before), leftovers: Array.isArray(left) ? left.map(String) : [] };
}
