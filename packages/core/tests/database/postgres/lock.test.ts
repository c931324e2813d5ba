import { beforeAll, describe, expect, it } from 'vitest';
import { tryAdvisoryLock } from '#core/database/postgres/lock.js';
import { javaHash, lockId } from '#core/database/postgres/lock-id.js';
import type { PostgresDatabase } from '#core/database/postgres/postgres-database.js';
import type { Lock, LockAttempt } from '#core/database/database.js';
import { sql } from '#core/database/sql.js';
import { describeEachServer, failure, openFresh, openSession } from './servers.ts';

const history = { schema: 'public', table: 'flyway_schema_history' };

describe('the id of a lock', () => {
  it('is that of Flyway', () => {
    expect(javaHash('"public"."flyway_schema_history"')).toBe(2125624436);
    expect(lockId(history)).toBe(77433833903597n);
  });

  it.each([
    ['', 0],
    ['a', 97],
    ['polygenelubricants', -2147483648],
    ['ü😀', javaHashOf('ü😀')],
  ])('hashes %j as Java does', (text, hash) => {
    expect(javaHash(text)).toBe(hash);
  });
});

/** The sum that Java's documentation gives, with numbers of any size. */
function javaHashOf(text: string): number {
  let sum = 0n;
  for (let index = 0; index < text.length; index++)
    sum += BigInt(text.charCodeAt(index)) * 31n ** BigInt(text.length - 1 - index);
  return Number(BigInt.asIntN(32, sum));
}

async function take(attempt: Promise<LockAttempt>): Promise<Lock> {
  const taken = await attempt;
  if (!taken.held) throw new Error(`held by ${taken.holder}`);
  return taken.lock;
}

describeEachServer('the lock', (engine) => {
  let database: PostgresDatabase;

  beforeAll(async () => {
    ({ database } = await openFresh(engine));
  });

  it('is held by one, and names its holder', async () => {
    const lock = await take(database.tryLock(history, 'migrate on host a, process 7'));
    const second = await database.tryLock(history, 'other');
    expect(second).toMatchObject({
      held: false,
      holder: expect.stringMatching(/^migrate on host a, process 7 \(backend \d+, from 127\.0\.0\.1, since 20/),
    });
    await lock.check();
    await lock.release();
    await lock.release();
    await (await take(database.tryLock(history, 'other'))).release();
  });

  it('is held by exactly one of many that ask at once', async () => {
    const attempts = await Promise.all(Array.from({ length: 12 }, (_, n) => database.tryLock(history, `starter ${n}`)));
    const held = attempts.filter((attempt) => attempt.held);
    expect(held).toHaveLength(1);
    for (const attempt of held) if (attempt.held) await attempt.lock.release();
  });

  it('is another one for another table', async () => {
    const first = await take(database.tryLock(history, 'a'));
    const second = await take(database.tryLock({ schema: 'other', table: 'flyway_schema_history' }, 'b'));
    await Promise.all([first.release(), second.release()]);
  });

  it('keeps out Flyway, and is kept out by it', async () => {
    const flyway = await openSession(database);
    await flyway.run(sql`SELECT pg_advisory_lock(77433833903597)`);
    expect(await database.tryLock(history, 'us')).toMatchObject({
      held: false,
      holder: expect.stringContaining('lockstep test'),
    });
    await flyway.run(sql`SELECT pg_advisory_unlock(77433833903597)`);
    const lock = await take(database.tryLock(history, 'us'));
    const answer = await flyway.query(sql`SELECT pg_try_advisory_lock(77433833903597) AS held`);
    expect(answer).toEqual([{ held: 'f' }]);
    await lock.release();
    await flyway.close();
  });

  it('is lost with its connection, and free for the next', async () => {
    const watcher = await openSession(database);
    const lock = await take(database.tryLock(history, 'the victim'));
    await watcher.run(
      sql`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'lockstep: the victim'`,
    );
    expect((await failure(lock.check())).code).toBe('LOCK_LOST');
    const next = await take(database.tryLock(history, 'the next'));
    expect((await failure(lock.release())).code).toBe('LOCK_LOST');
    await next.check();
    await next.release();
    await watcher.close();
  });

  it('is lost when the connection is there but no longer holds it', async () => {
    const session = await openSession(database);
    const lock = await take(tryAdvisoryLock(session, history));
    await lock.check();
    await session.run(sql`SELECT pg_advisory_unlock_all()`);
    expect((await failure(lock.check())).code).toBe('LOCK_LOST');
    expect((await failure(lock.release())).code).toBe('LOCK_LOST');
  });

  it('goes with its host within about a minute, as all connections do', async () => {
    const session = await openSession(database);
    const rows = await session.query(
      sql`SELECT name, setting FROM pg_settings WHERE name LIKE 'tcp\\_%' ORDER BY name`,
    );
    expect(rows.map((row) => `${row['name']} ${row['setting']}`)).toEqual([
      'tcp_keepalives_count 3',
      'tcp_keepalives_idle 30',
      'tcp_keepalives_interval 10',
      'tcp_user_timeout 60000',
    ]);
    await session.close();
  });

  it('leaves no connection behind', async () => {
    const watcher = await openSession(database);
    const lock = await take(database.tryLock(history, 'one'));
    await database.tryLock(history, 'two');
    await lock.release();
    const count = sql`SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'lockstep: %'`;
    await expect.poll(() => watcher.query(count)).toEqual([{ n: '0' }]);
    await watcher.close();
  });
});
