import { LockstepError, reasonOf } from '../../errors.ts';
import type { Home } from '../../state/tables.ts';
import type { Lock, LockAttempt, Row } from '../database.ts';
import { raw } from '../sql.ts';
import type { Fence } from './fence.ts';
import { findProgram } from './program.ts';
import { literal } from './quote.ts';
import type { Wire } from './wire.ts';

type NamedAttempt = Extract<LockAttempt, { held: false }> | { readonly held: true; readonly lock: NamedLock };

/**
 * Tries to take the named lock on `wire`, which is the lock's alone and stays outside of transactions. The lock lives as
 * long as that connection.
 */
export async function tryNamedLock(wire: Wire, name: string): Promise<NamedAttempt> {
  const [row] = await wire.rows(`SELECT GET_LOCK(${literal(name)}, 0) AS got`);
  if (row?.['got'] === '1') return { held: true, lock: new NamedLock(wire, name) };
  try {
    // NULL is an error, such as a killed connection; the server says no more.
    if (row?.['got'] !== '0') throw lost('the server did not say whether the lock is free');
    return { held: false, ...(await findHolder(wire, name)) };
  } finally {
    await wire.end();
  }
}

class NamedLock implements Lock, Fence {
  readonly everywhere = false;
  readonly #wire: Wire;
  readonly #name: string;
  #released = false;

  constructor(wire: Wire, name: string) {
    this.#wire = wire;
    this.#name = name;
  }

  async check(): Promise<void> {
    this.#require(await ask(() => this.#wire.rows(this.#mine)));
  }

  async hold({ session }: Home): Promise<void> {
    this.#require(await ask(() => session.query(raw(this.#mine))));
  }

  get #mine(): string {
    // A proxy may have put another connection behind ours, so the lock itself is asked for.
    return `SELECT IS_USED_LOCK(${literal(this.#name)}) = ${this.#wire.id} AS mine`;
  }

  #require(row: Row | undefined): void {
    if (row?.['mine'] !== '1') throw lost('the server no longer knows of it');
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    try {
      const row = await ask(() => this.#wire.rows(`SELECT RELEASE_LOCK(${literal(this.#name)}) AS released`));
      if (row?.['released'] !== '1') throw lost('the server no longer knew of it when it was released');
    } finally {
      await this.#wire.end();
    }
  }
}

async function ask(query: () => Promise<Row[]>): Promise<Row | undefined> {
  try {
    const [row] = await query();
    return row;
  } catch (error) {
    throw lost(reasonOf(error), error);
  }
}

function lost(reason: string, cause?: unknown): LockstepError {
  return new LockstepError('LOCK_LOST', { reason }, { cause });
}

async function findHolder(wire: Wire, name: string): Promise<{ holder: string; isNamed: boolean }> {
  const [used] = await wire.rows(`SELECT IS_USED_LOCK(${literal(name)}) AS id`);
  const id = used?.['id'] ?? null;
  if (id === null) return { holder: 'another connection, which has just ended', isNamed: true };
  const program = await findProgram(wire, id);
  // Without the privilege PROCESS, connections of other users are not in the list.
  const list = await wire.rows('SHOW PROCESSLIST');
  const found = list.find((row) => row['Id'] === id);
  const who = found ? `, ${found['User']} from ${found['Host']}` : '';
  const holder = `${program ?? 'a connection without a name'} (connection ${id}${who})`;
  return { holder, isNamed: program !== undefined };
}
