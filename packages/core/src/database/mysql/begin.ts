import type { Crew } from './crew.ts';
import { dismissReaders } from './crew.ts';
import { withCommitsHeld } from './commit-block.ts';
import { lockDefinitionChanges, unlockDefinitionChanges } from './definition-lock.ts';
import type { Flavour } from './flavour.ts';
import { readPosition } from './position.ts';
import type { MysqlSession } from './session.ts';

type Position = Readonly<Record<string, string>>;

export interface Begun {
  /** As far as the server tells, all connections see the same. */
  readonly equal: boolean;
  /** Where the log stood at that moment; empty if that is not known. */
  readonly position: Position;
}

const start = 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY';

/** Begins the transactions of all connections at one moment. If the server does not allow that, only the main one's. */
export async function begin(crew: Crew, flavour: Flavour): Promise<Begun> {
  if (crew.readers.length === 0 || !crew.guard) return beginAlone(crew.main, flavour);
  const { guard } = crew;
  const held = await withCommitsHeld(guard, flavour, () => startAll(crew, guard, flavour));
  if (held.held) return flavour.family === 'mysql' ? held.result : comparePlaces(crew, flavour);
  await dismissReaders(crew, held.reason);
  return beginAlone(crew.main, flavour);
}

async function beginAlone(main: MysqlSession, flavour: Flavour): Promise<Begun> {
  const before = await readPosition(main, flavour, 'before');
  await main.execute(start);
  const position = await readPosition(main, flavour, 'inside');
  const exact = flavour.family === 'mariadb' || isSame(before, position);
  return { equal: true, position: exact ? position : {} };
}

/** All at the same time, because others wait. On MySQL, the log must not move meanwhile. */
async function startAll(crew: Crew, guard: MysqlSession, flavour: Flavour): Promise<Begun> {
  const before = await readPosition(guard, flavour, 'before');
  await Promise.all([crew.main, ...crew.readers].map((session) => session.execute(start)));
  if (flavour.family === 'mariadb') return { equal: true, position: {} };
  const position = await readPosition(guard, flavour, 'inside');
  const note = await lockDefinitionChanges(guard);
  if (note !== undefined) crew.notes.push(note);
  return { equal: isSame(before, position), position };
}

/** Ends the transactions, to begin them anew. */
export async function rollBack({ main, readers, guard, notes }: Crew, flavour: Flavour): Promise<void> {
  for (const session of [main, ...readers]) await session.execute('ROLLBACK');
  if (readers.length === 0 || !guard) return;
  notes.length = 0;
  if (flavour.family === 'mysql') await unlockDefinitionChanges(guard);
}

/** On MariaDB, each snapshot knows its place in the log. */
async function comparePlaces({ main, readers }: Crew, flavour: Flavour): Promise<Begun> {
  const positions = await Promise.all([main, ...readers].map((session) => readPosition(session, flavour, 'inside')));
  const [position = {}] = positions;
  return { equal: positions.every((other) => isSame(other, position)), position };
}

function isSame(first: Position, second: Position): boolean {
  return JSON.stringify(first) === JSON.stringify(second);
}
