import { beforeAll, expect, it } from 'vitest';
import { openPostgres } from '#core/database/postgres/open.js';
import { runSql } from '../../../../../tests/fixtures/client.ts';
import { freshDatabase } from '../../../../../tests/fixtures/fresh-database.ts';
import type { FreshDatabase } from '../../../../../tests/fixtures/fresh-database.ts';
import { pgbouncer } from '../../../../../tests/fixtures/pgbouncer.ts';
import { describeEachServer, failure } from './servers.ts';

describeEachServer('behind PgBouncer', (engine) => {
  let fresh: FreshDatabase;

  beforeAll(async () => {
    fresh = await freshDatabase(engine);
  });

  it.each(['transaction', 'statement'] as const)('%s mode is refused, with the way out', async (mode) => {
    const url = await pgbouncer(fresh.url, mode);
    const refused = {
      code: 'ENGINE_UNSUPPORTED',
      message: expect.stringMatching(/pool_mode.*Lockstep needs the address of the server itself.*session mode/),
    };
    expect(await failure(openPostgres(url))).toMatchObject(refused);
    // However many there are at the same moment.
    const many = await Promise.all(Array.from({ length: 8 }, () => failure(openPostgres(url))));
    expect(many.map(({ code }) => code)).toEqual(Array(8).fill('ENGINE_UNSUPPORTED'));
  });

  it('session mode is as good as the server: the lock holds, and its holder is known', async () => {
    const database = await openPostgres(await pgbouncer(fresh.url, 'session'));
    const direct = await openPostgres(fresh.url);
    const name = { schema: 'public', table: 'flyway_schema_history' };
    const first = await database.tryLock(name, 'the pooled');
    if (!first.held) throw new Error(first.holder);
    expect(await direct.tryLock(name, 'other')).toMatchObject({
      held: false,
      holder: expect.stringMatching(/^the pooled/),
    });
    await first.lock.check();
    await first.lock.release();
    await database.close();
    await direct.close();
    const left = `SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
      WHERE d.datname = current_database() AND l.locktype = 'advisory'`;
    expect(await runSql(fresh, left)).toBe('0');
  });

  it('a setting in the URL that it refuses is named', async () => {
    const url = await pgbouncer(fresh.url, 'session');
    const error = await failure(openPostgres(`${url}?options=-c%20jit%3Doff`));
    expect(error).toMatchObject({
      code: 'SERVER_UNREACHABLE',
      message: expect.stringMatching(/startup parameter.*pooler/),
    });
  });
});
