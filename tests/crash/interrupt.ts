import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '@lockstep/core';
import type { PhaseName } from '@lockstep/core';
import type { RunningCli } from '../fixtures/cli.ts';
import { spawnCli } from '../fixtures/cli.ts';
import { runSql } from '../fixtures/client.ts';
import type { FreshDatabase } from '../fixtures/fresh-database.ts';
import { processList } from '../fixtures/process-list.ts';
import { until } from '../fixtures/until.ts';

/** A moment of a run of migrations. */
export interface Moment {
  readonly phase: PhaseName;
  /** The statement or batch, where the phase is about one. */
  readonly at: string | undefined;
  /** Not at its beginning, but while the server is at work on it. */
  readonly inside: boolean;
}

/** What keeps a statement waiting: a lock on a table. */
export interface Blocker {
  readonly on: string;
  readonly mode: string;
}

export interface Interruption {
  readonly moment: Moment;
  /** SIGKILL, or the server ends the connections. */
  readonly by: 'kill' | 'cut';
  /** An embedded database can't be kept waiting: there the run is ended some milliseconds after the moment. */
  readonly blocker?: Blocker | undefined;
}

/** Runs `lockstep migrate` up to a moment, and ends it there. Gives the exit code if it ended before it came there. */
export async function interrupt(
  place: FreshDatabase,
  cwd: string,
  { moment, by, blocker }: Interruption,
): Promise<number | null | undefined> {
  const { phase, at, inside } = moment;
  const cli = spawnCli(['--database-url', place.url, '--json', 'migrate'], {
    cwd,
    env: { LOCKSTEP_HOLD_AT: at === undefined ? phase : `${phase}@${at}` },
  });
  let code: number | null | undefined;
  const end = cli.ended.then((outcome) => (code = outcome.code));
  const held = (): boolean => cli.output().stderr.includes(`holding at ${phase}\n`);
  await until(
    () => held() || code !== undefined,
    () => cli.output().stderr,
  );
  if (!held()) return code;
  if (!inside) await endAt(place, cli, by);
  else if (blocker && place.engine.url !== undefined) await endInside(place, cli, by, blocker);
  else await endSoon(cli);
  await end;
  // Where nothing has kept the statement waiting, the run may have come to its end.
  if (code === 0 && !(inside && place.engine.url === undefined))
    throw new Error(`The run was not disturbed: ${cli.output().stdout}`);
  return undefined;
}

async function endAt(place: FreshDatabase, cli: RunningCli, by: Interruption['by']): Promise<void> {
  if (by === 'kill') return cli.kill();
  await cutConnections(place, 'all');
  // The news have to reach the client before it goes on.
  await sleep(20);
  process.kill(cli.pid, 'SIGUSR2');
}

async function endSoon(cli: RunningCli): Promise<void> {
  process.kill(cli.pid, 'SIGUSR2');
  await sleep(Math.random() * 20);
  cli.kill();
}

/** Lets the statement run into a lock, and ends it there. */
async function endInside(
  place: FreshDatabase,
  cli: RunningCli,
  by: Interruption['by'],
  blocker: Blocker,
): Promise<void> {
  const database = await openDatabase(place.url);
  const session = await database.session({ purpose: 'blocker', schemas: ['public'] });
  try {
    await session.transaction(async () => {
      await session.execute(
        place.engine.family === 'postgres'
          ? `LOCK TABLE ${blocker.on} IN ${blocker.mode} MODE`
          : `SELECT * FROM ${blocker.on} FOR UPDATE`,
      );
      process.kill(cli.pid, 'SIGUSR2');
      await until(
        async () => (await waiting(place)).length > 0,
        () => cli.output().stderr,
      );
      if (by === 'kill') cli.kill();
      else await cutConnections(place, 'waiting');
    });
  } finally {
    await session.close();
    await database.close();
  }
}

/** The server's names of the connections to the database that wait for a lock. */
async function waiting({ engine, url }: FreshDatabase): Promise<string[]> {
  const name = new URL(url).pathname.slice(1);
  const query =
    engine.family === 'postgres'
      ? `SELECT pid FROM pg_stat_activity WHERE datname = '${name}' AND state = 'active' AND wait_event_type = 'Lock'`
      : `SELECT p.id FROM ${processList(engine)} p WHERE p.db = '${name}' AND (p.state LIKE 'Waiting for%lock%'
          OR p.id IN (SELECT trx_mysql_thread_id FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'))`;
  const list = await runSql({ engine, url: engine.url ?? url }, query);
  return list.split('\n').filter((line) => line !== '');
}

/** The server ends connections to a database. */
export async function cutConnections(place: FreshDatabase, which: 'all' | 'waiting'): Promise<void> {
  const { engine, url } = place;
  const server = { engine, url: engine.url ?? url };
  const name = new URL(url).pathname.slice(1);
  const all =
    engine.family === 'postgres'
      ? `SELECT pid FROM pg_stat_activity WHERE datname = '${name}'`
      : `SELECT id FROM ${processList(engine)} WHERE db = '${name}'`;
  const ids =
    which === 'all' ? (await runSql(server, all)).split('\n').filter((line) => line !== '') : await waiting(place);
  for (const id of ids) {
    const end = engine.family === 'postgres' ? `SELECT pg_terminate_backend(${id})` : `KILL ${id}`;
    await runSql(server, end).catch((error: unknown) => {
      if (!String(error).includes('Unknown thread id')) throw error;
    });
  }
}
