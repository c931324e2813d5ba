import { expect, it } from 'vitest';
import { sql } from '@lockstep/core';
import { analyse } from '#core/database/postgres/rules/analyse.js';
import { lockModes } from '#core/database/postgres/rules/locks.js';
import { readTables } from '#core/database/postgres/rules/survey.js';
import { newScript } from '#core/plan/script.js';
import type { PostgresSession } from '#core/database/postgres/session.js';
import { describeEachServer, openFresh, openSession } from '../database/postgres/servers.ts';
import { setup, statements } from './postgres-statements.ts';

/** What a statement did to the tables that were there before it: the strongest lock, and how it went over the rows. */
interface Seen {
  readonly lock: string;
  readonly work: 'nothing' | 'reads' | 'rewrites';
}

interface Table {
  readonly id: string;
  readonly name: string;
  readonly node: string;
  readonly scans: number;
}

async function tablesNow(session: PostgresSession): Promise<Table[]> {
  const rows = await session.query(sql`SELECT c.oid::text AS id, n.nspname || '.' || c.relname AS name,
    pg_relation_filenode(c.oid)::text AS node, pg_stat_get_xact_numscans(c.oid)::text AS scans
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'm', 'v')`);
  return rows.map((row) => ({
    id: row['id'] ?? '',
    name: row['name'] ?? '',
    node: row['node'] ?? '',
    scans: Number(row['scans']),
  }));
}

/** Runs a statement in a transaction that is rolled back, and looks at the server's locks, files and counters. */
async function observe(session: PostgresSession, statement: string): Promise<Record<string, Seen>> {
  await session.execute('BEGIN');
  try {
    // Between two transactions the counters may be put aside.
    const before = await tablesNow(session);
    await session.execute(statement);
    const locks = await session.query(sql`SELECT relation::text AS id, mode FROM pg_locks
      WHERE locktype = 'relation' AND pid = pg_backend_pid()`);
    const after = new Map((await tablesNow(session)).map((table) => [table.id, table]));
    const found = before.flatMap(({ id, name, node, scans }): [string, Seen][] => {
      const modes = locks.filter((row) => row['id'] === id).map((row) => words(row['mode'] ?? ''));
      const lock = lockModes.findLast((mode) => modes.includes(mode));
      const now = after.get(id);
      const isWritten = now !== undefined && now.node !== node;
      const work = isWritten ? 'rewrites' : now !== undefined && now.scans > scans ? 'reads' : 'nothing';
      return lock === undefined ? [] : [[name, { lock, work }]];
    });
    return Object.fromEntries(found);
  } finally {
    await session.execute('ROLLBACK');
  }
}

/** `ShareRowExclusiveLock` as SQL writes it. */
function words(mode: string): string {
  return mode
    .replace(/Lock$/, '')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase();
}

describeEachServer('what a statement locks, scans and writes anew', (engine) => {
  it('is foretold', async () => {
    const { database } = await openFresh(engine);
    const session = await openSession(database);
    await session.execute(setup);
    const wrong: unknown[] = [];
    for (const { text, since = 15, rowsOnly = false } of statements) {
      if (Number(engine.version.split('.')[0]) < since) continue;
      const { effects } = await analyse(text, await readTables(session, ['public']), newScript([]));
      const foretold = Object.fromEntries(
        effects.map(({ table, lock, work }): [string, Seen] => {
          const seen = work === 'scans' || work === 'builds an index' ? 'reads' : work;
          return [table, { lock, work: rowsOnly ? 'nothing' : seen }];
        }),
      );
      const seen = await observe(session, text).catch((error: unknown) => ({ failed: String(error) }));
      const kept = rowsOnly ? withoutWork(seen) : seen;
      if (!equal(kept, foretold)) wrong.push({ text, seen: kept, foretold });
    }
    expect(wrong).toEqual([]);
  });
});

function withoutWork(seen: object): object {
  return Object.fromEntries(
    Object.entries(seen).map(([name, one]: [string, object]) => [name, { ...one, work: 'nothing' }]),
  );
}

function equal(left: object, right: object): boolean {
  const sorted = (value: object): string =>
    JSON.stringify(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return sorted(left) === sorted(right);
}
