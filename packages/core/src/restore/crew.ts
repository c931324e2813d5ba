import { defaultJobs } from '../backup/default-jobs.ts';
import type { Database, Session } from '../database/database.ts';
import type { RunOptions } from '../progress.ts';
import { sideBySide } from './side-by-side.ts';

/** The sessions that load and build side by side. */
export class Crew {
  readonly sessions: readonly Session[];
  readonly #signal: AbortSignal | undefined;
  readonly #stop = (): void => void this.close();

  constructor(sessions: readonly Session[], signal: AbortSignal | undefined) {
    this.sessions = sessions;
    this.#signal = signal;
    // An index may take an hour: whoever wants to stop does not wait for its end.
    signal?.addEventListener('abort', this.#stop, { once: true });
  }

  /** Runs `work` for each of the items on one of the sessions. Not to be used again after a failure. */
  async each<Item>(items: readonly Item[], work: (session: Session, item: Item) => Promise<void>): Promise<void> {
    await this.eachThen(items, async (session, item) => {
      await work(session, item);
      return [];
    });
  }

  /** The same, where `work` returns what can be done because of it, and is to be done first. */
  async eachThen<Item>(
    items: readonly Item[],
    work: (session: Session, item: Item) => Promise<readonly Item[]>,
  ): Promise<void> {
    try {
      await sideBySide(this.sessions, items, work, () => this.close());
    } catch (error) {
      this.#signal?.throwIfAborted();
      throw error;
    }
  }

  /** Ends what is at work. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#stop);
    await Promise.all(this.sessions.map((session) => session.close()));
  }
}

/** How many sessions work side by side unless told otherwise: the server has something to do while a client waits. */
export function defaultSessions(): number {
  return Math.max(2, defaultJobs());
}

/** Opens as many sessions as were asked for, within what the database allows. */
export async function openCrew(
  database: Database,
  schemas: readonly string[],
  options: RunOptions & { readonly jobs?: number | undefined },
): Promise<Crew> {
  const size = Math.max(1, Math.min(options.jobs ?? defaultSessions(), database.parallelSessions));
  const sessions: Session[] = [];
  try {
    for (let count = 0; count < size; count += 1) {
      sessions.push(await database.session({ purpose: 'restore', schemas, bulk: true }));
    }
  } catch (error) {
    await Promise.all(sessions.map((session) => session.close()));
    throw error;
  }
  return new Crew(sessions, options.signal);
}
