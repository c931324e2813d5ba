import type { Flavour } from './flavour.ts';
import type { MysqlSession } from './session.ts';

/** The connections of a snapshot. */
export interface Crew {
  /** For small reads, and for everything if there are no readers. It holds the locks on the tables' definitions. */
  readonly main: MysqlSession;
  /** Two or more, each in a transaction of its own at the same moment as the others; or none. */
  readonly readers: MysqlSession[];
  /** Holds the server's locks, outside of a transaction. */
  readonly guard: MysqlSession | undefined;
  readonly notes: string[];
}

export interface CrewParts {
  readonly flavour: Flavour;
  /** How many reads are to run at the same time. */
  readonly readers: number;
  readonly open: (purpose: string) => Promise<MysqlSession>;
}

export async function gatherCrew({ readers, open }: CrewParts): Promise<Crew> {
  const opened: MysqlSession[] = [];
  const next = async (purpose: string): Promise<MysqlSession> => {
    const session = await open(purpose);
    opened.push(session);
    return session;
  };
  try {
    const main = await next('snapshot');
    if (readers < 2) return { main, readers: [], guard: undefined, notes: [] };
    const guard = await next('snapshot locks');
    const list: MysqlSession[] = [];
    while (list.length < readers) list.push(await next('snapshot reader'));
    return { main, readers: list, guard, notes: [] };
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

/** Goes on with the main connection alone. */
export async function dismissReaders(crew: Crew, reason: string): Promise<void> {
  crew.notes.push(`one reader instead of ${crew.readers.length}: ${reason}`);
  await closeAll(crew.readers.splice(0));
}

export async function closeCrew({ main, readers, guard }: Crew): Promise<void> {
  await closeAll([...readers, main, ...(guard ? [guard] : [])]);
}

async function closeAll(sessions: readonly MysqlSession[]): Promise<void> {
  await Promise.all(sessions.map((session) => session.close()));
}
