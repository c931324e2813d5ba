import type { RunOptions } from '../progress.ts';
import { readSteps } from '../state/step.ts';
import type { Home } from '../state/tables.ts';
import { shownText } from './numbered-statement.ts';

/** The operator is told again after so many seconds. */
const interval = 10;

/**
 * A server goes on with a statement whose client was killed. Waits for the end of those that a dead run of migrations
 * has left, so that nothing is looked at or done while they are at work, and tells the operator what it waits for.
 */
export async function waitForOrphans(options: RunOptions, home: Home): Promise<void> {
  const steps = await readSteps(home);
  const sessions = new Set(steps.flatMap(({ facts, statement }) => (statement < 0 ? [] : (facts['session'] ?? []))));
  for (const id of sessions) await waitForOrphan(options, home, id);
}

/** The same for one session of a dead run. */
export async function waitForOrphan(options: RunOptions, { session }: Home, id: string): Promise<void> {
  const started = performance.now();
  let told = -Infinity;
  await session.waitForEnd(id, async (statement) => {
    options.signal?.throwIfAborted();
    const seconds = (performance.now() - started) / 1000;
    if (seconds - told < interval) return;
    told = seconds;
    const [connection = id] = id.split('@');
    const what = statement === '' ? 'a statement' : `the statement ${shownText(statement).replaceAll(/\s+/g, ' ')}`;
    const holder = `${what}, which goes on on the server for a run that was cut off (connection ${connection})`;
    await options.onProgress?.({ kind: 'waiting', holder, seconds: Math.round(seconds) });
  });
}

/** What a connection does on the server; undefined if that has ended. */
export async function statementOf({ session }: Home, id: string): Promise<string | undefined> {
  const enough = new Error('seen');
  let found: string | undefined;
  const wait = session.waitForEnd(id, async (statement) => {
    found = shownText(statement);
    throw enough;
  });
  await wait.catch((error: unknown) => {
    if (error !== enough) throw error;
  });
  return found;
}
