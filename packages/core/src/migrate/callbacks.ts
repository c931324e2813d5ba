import type { ScriptStatement } from '../database/database.ts';
import { LockstepError, reasonOf } from '../errors.ts';
import { note } from '../progress.ts';
import type { CallbackEvent } from '../release/events.ts';
import type { Callback } from '../release/migration-file.ts';
import type { Home } from '../state/tables.ts';
import { groupStatements, standsAlone } from './group-statements.ts';
import type { Runner } from './runner.ts';
import { isInterruption } from './runner.ts';
import { textToRun } from './text-to-run.ts';
import { withLockTimeout } from './with-lock-timeout.ts';

/** The callbacks of an event, ready to run on a connection. */
export interface Prepared {
  readonly scripts: readonly { readonly callback: Callback; readonly statements: readonly ScriptStatement[] }[];
  /** All of them may be part of one transaction. */
  readonly together: boolean;
}

/** Reads the callbacks of an event as they run on this connection. */
export async function prepareCallbacks(runner: Runner, event: CallbackEvent): Promise<Prepared> {
  const { home } = runner;
  const scripts = [];
  for (const callback of runner.callbacks.filter((candidate) => candidate.event === event)) {
    const statements = await home.dialect.split(await textToRun(home, callback), callback.script);
    scripts.push({ callback, statements: statements.map((one) => standsAlone(one, callback.separately)) });
  }
  const together = scripts.every(
    ({ callback, statements }) => !callback.separately && statements.every(({ transactional }) => transactional),
  );
  return { scripts, together };
}

/** Runs callbacks as part of the transaction that is open. Throws CALLBACK_FAILED. */
export async function runWithin(runner: Runner, { scripts }: Prepared): Promise<void> {
  for (const { callback, statements } of scripts) {
    await note(runner, `Running ${callback.script}`);
    for (const statement of statements) await runStatement(runner, callback, statement);
  }
}

/** Runs callbacks by themselves, each in a transaction of its own as far as its statements allow. */
export async function runApart(runner: Runner, { scripts }: Prepared): Promise<void> {
  for (const { callback, statements } of scripts) {
    await note(runner, `Running ${callback.script}`);
    for (const group of groupStatements(statements, callback.separately)) {
      await runner.lock?.check();
      const work = async (): Promise<void> => {
        for (const statement of group) await runStatement(runner, callback, statement);
      };
      const alone = group[0]?.transactional === false;
      await withLockTimeout(runner, group, () => (alone ? work() : runner.home.session.transaction(work)));
    }
  }
}

/** Runs the callbacks of an event, each on a connection that is as new. Nothing is opened where there are none. */
export async function runCallbacks(
  runner: Omit<Runner, 'home'>,
  event: CallbackEvent,
  next: () => Promise<Home>,
): Promise<void> {
  for (const callback of runner.callbacks.filter((candidate) => candidate.event === event)) {
    const own: Runner = { ...runner, callbacks: [callback], home: await next() };
    await runApart(own, await prepareCallbacks(own, event));
  }
}

async function runStatement({ home }: Runner, callback: Callback, statement: ScriptStatement): Promise<void> {
  try {
    await home.session.execute(statement.text);
  } catch (error) {
    // Whoever waits for a lock tries again.
    if (isInterruption(error) || home.dialect.isLockConflict(error)) throw error;
    const { script } = callback;
    const details = { script, line: statement.line, reason: reasonOf(error) };
    throw new LockstepError('CALLBACK_FAILED', details, { cause: error });
  }
}

/** The error is that of a callback: the migration that it belongs to is not to blame. */
export function isCallbackFailure(error: unknown): boolean {
  return error instanceof LockstepError && error.code === 'CALLBACK_FAILED';
}
