import { beforeAll, expect, it } from 'vitest';
import { openPostgres } from '#core/database/postgres/open.js';
import type { PostgresDatabase } from '#core/database/postgres/postgres-database.js';
import { raw, sql } from '#core/database/sql.js';
import { describeEachServer, openFresh, openSession } from './servers.ts';

const settings =
  raw(`SELECT to_jsonb(d) - 'oid' - 'datname' - 'datdba' - 'dattablespace' - 'datacl' - 'datfrozenxid' - 'datminmxid' AS it
  FROM pg_database d WHERE datname = current_database()`);

describeEachServer('a scratch database', (engine) => {
  let database: PostgresDatabase;

  beforeAll(async () => {
    ({ database } = await openFresh(engine));
  });

  it('is empty, like the first in language and encoding, and goes away', async () => {
    const session = await openSession(database);
    await session.execute('CREATE TABLE t (id int)');
    const scratch = await database.scratch();
    const inside = await scratch.database.session();
    expect(
      await inside.query(sql`SELECT count(*) AS n FROM pg_class WHERE relnamespace = 'public'::regnamespace`),
    ).toEqual([{ n: '0' }]);
    expect(await inside.query(settings)).toEqual(await session.query(settings));
    expect(scratch.database.location).not.toBe(database.location);
    const named =
      await inside.query(sql`SELECT current_database() AS name, shobj_description(oid, 'pg_database') AS comment
      FROM pg_database WHERE datname = current_database()`);
    expect(named[0]?.['comment']).toContain(`process ${process.pid} `);
    await scratch.drop();
    expect(await session.query(sql`SELECT FROM pg_database WHERE datname = ${named[0]?.['name'] ?? ''}`)).toEqual([]);
    await session.close();
  });

  it.each(engine.version.startsWith('15') ? ['icu'] : ['icu', 'builtin'])(
    'has the locale of the first, of provider %s',
    async (provider) => {
      const session = await openSession(database);
      const name = `locale_${process.pid}_${provider}`;
      const locale = provider === 'icu' ? `ICU_LOCALE 'de-DE'` : `BUILTIN_LOCALE 'C.UTF-8'`;
      await session.execute(`CREATE DATABASE ${name} TEMPLATE template0 LOCALE_PROVIDER ${provider} ${locale}`);
      const url = new URL(`postgres://postgres@${new URL(database.location).host}/${name}`);
      const first = await openPostgres(url.href);
      const scratch = await first.scratch();
      const [one, other] = [await openSession(first), await scratch.database.session()];
      expect(await other.query(settings)).toEqual(await one.query(settings));
      await scratch.drop();
      await first.close();
      await session.execute(`DROP DATABASE ${name}`);
      await session.close();
    },
  );

  it('of a process that died is dropped by the next; those in use and those of others stay', async () => {
    const session = await openSession(database);
    const alive = await database.scratch();
    const names = ['dead', 'foreign'].map((kind) => `lockstep_scratch_${kind}${process.pid}`);
    for (const name of names) await session.execute(`CREATE DATABASE ${name}`);
    await session.execute(
      `COMMENT ON DATABASE ${names[0]} IS 'Scratch database of Lockstep, may be dropped. Made by process 1 on x.'`,
    );
    const next = await database.scratch();
    const found = await session.query(
      sql`SELECT datname FROM pg_database WHERE datname = ANY (${`{${names.join(',')}}`}::text[])`,
    );
    expect(found.map(({ datname }) => datname)).toEqual([names[1]]);
    const inside = await alive.database.session();
    expect(await inside.query(sql`SELECT 1 AS a`)).toEqual([{ a: '1' }]);
    await Promise.all([alive.drop(), next.drop()]);
    await session.execute(`DROP DATABASE ${names[1]}`);
    await session.close();
  });
});
