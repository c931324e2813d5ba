import type { Client } from 'pg';
import { LockstepError } from '../../errors.ts';

/** How often it is looked: the first time is enough unless others use the pooler at the same moment. */
const rounds = 3;

/**
 * Refuses a pooler that puts a session on another connection with every transaction, where its settings and locks are
 * not. One in session mode is as good as the server. `open` makes a second connection. Throws ENGINE_UNSUPPORTED.
 */
export async function refusePooler(client: Client, open: () => Promise<Client>, location: string): Promise<void> {
  // A pooler invents the process that it tells at the beginning of a connection.
  const told = 'processID' in client ? String(client.processID) : '';
  if (told === (await backendOf(client))) return;
  const second = await open();
  try {
    for (let round = 0; round < rounds; round += 1) {
      if (!(await keepsApart(client, second))) throw transactionMode(location);
    }
  } finally {
    await second.end();
  }
}

/** False where a transaction of the second connection runs on what the first one had, or pushes it to another one. */
async function keepsApart(first: Client, second: Client): Promise<boolean> {
  const own = await backendOf(first);
  try {
    await second.query('BEGIN');
    if ((await backendOf(second)) === own) return false;
    return (await backendOf(first)) === own;
  } catch {
    // In statement mode there are no transactions.
    return false;
  } finally {
    await second.query('ROLLBACK').catch(() => undefined);
  }
}

async function backendOf(client: Client): Promise<string> {
  const { rows } = await client.query<{ process: string }>('SELECT pg_catalog.pg_backend_pid() AS process');
  return rows[0]?.process ?? '';
}

function transactionMode(location: string): LockstepError {
  const found = 'behind a connection pooler that gives every transaction another connection (PgBouncer: pool_mode)';
  const needed =
    'the address of the server itself, or a pooler in session mode: locks and settings belong to a connection';
  return new LockstepError('ENGINE_UNSUPPORTED', { location, found, needed });
}
