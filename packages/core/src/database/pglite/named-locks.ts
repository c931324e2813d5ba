import type { Connection, Role } from './connection.ts';
import { emptyQueryResponse, errorResponse, readyForQuery } from './messages.ts';
import type { Message } from './messages.ts';
import type { Startup } from './startup.ts';

/** Connections of this user take a lock and have no session: `database` names the lock, `application_name` the holder. */
export const lockUser = 'lockstep_lock';

/** SQLSTATE of a lock that another holds: lock_not_available. */
export const lockHeld = '55P03';

/**
 * Locks that live as long as a connection. Advisory locks would not do: all clients share one session, and a session's
 * own locks never stand in its way.
 */
export class NamedLocks {
  readonly #holders = new Map<string, string>();

  /** Takes the lock for a new connection, or tells it who holds it and lets it go. */
  accept({ database: name, settings }: Startup, connection: Connection, greet: () => void): Role {
    const holder = this.#holders.get(name);
    if (holder !== undefined) {
      connection.fail({ code: lockHeld, message: holder });
      return { message: () => undefined, closed: () => undefined };
    }
    this.#holders.set(name, settings.get('application_name') ?? 'a client without a name');
    greet();
    return { message: (message) => answer(message, connection), closed: () => this.#holders.delete(name) };
  }
}

/** The holder may ask whether it still is: any query is answered with nothing. */
function answer({ type }: Message, connection: Connection): undefined {
  if (type === 'X') {
    connection.end();
    return;
  }
  if (type === 'Q') connection.write(emptyQueryResponse);
  else
    connection.write(
      errorResponse({ severity: 'ERROR', code: '0A000', message: 'This connection only holds a lock.' }),
    );
  connection.write(readyForQuery('I'));
}
