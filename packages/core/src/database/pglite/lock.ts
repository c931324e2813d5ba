import type { Client, ClientConfig } from 'pg';
import { LockstepError, reasonOf } from '../../errors.ts';
import type { Lock, LockAttempt, LockName } from '../database.ts';
import { connect } from '../postgres/connect.ts';
import { sqlStateOf } from '../postgres/failure.ts';
import { quoteTable } from '../postgres/quote.ts';
import { lockHeld, lockUser } from './named-locks.ts';

/** Takes the migration lock by a connection that does nothing else. It lives as long as that. See named-locks.ts. */
export async function tryNamedLock(
  config: ClientConfig,
  location: string,
  name: LockName,
  holder: string,
): Promise<LockAttempt> {
  const database = quoteTable({ schema: name.schema, name: name.table });
  const lockConfig = { ...config, user: lockUser, database, application_name: `${holder} (process ${process.pid})` };
  try {
    return { held: true, lock: new NamedLock(await connect(lockConfig, location, () => undefined)) };
  } catch (error) {
    if (!(error instanceof LockstepError) || sqlStateOf(error) !== lockHeld) throw error;
    return { held: false, holder: error.details['reason'] ?? 'another session', isNamed: true };
  }
}

class NamedLock implements Lock {
  readonly #client: Client;
  #released = false;

  constructor(client: Client) {
    this.#client = client;
  }

  async check(): Promise<void> {
    try {
      await this.#client.query('');
    } catch (error) {
      throw new LockstepError('LOCK_LOST', { reason: reasonOf(error) }, { cause: error });
    }
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    await this.#client.end();
  }
}
