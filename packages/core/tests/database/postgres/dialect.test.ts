import { beforeAll, describe, expect, it } from 'vitest';
import { postgresDialect } from '#core/database/postgres/dialect.js';
import type { PostgresSession } from '#core/database/postgres/session.js';
import { raw } from '#core/database/sql.js';
import { runSql } from '../../../../../tests/fixtures/client.ts';
import { runProgram } from '../../../../../tests/fixtures/program.ts';
import { clientOf } from '../../../../../tests/fixtures/client.ts';
import { describeEachServer, openFresh, openSession } from './servers.ts';

const { ownTables, fileSettings, clock, randomUuid } = postgresDialect;

describe('the dialect', () => {
  it('has its tables in the first schema of the product', () => {
    expect(postgresDialect.homeSchema(['shop', 'public'])).toBe('shop');
    expect(() => postgresDialect.homeSchema([])).toThrow('needs a schema');
  });
});

describeEachServer('SQL of the dialect', (engine) => {
  let url: string;
  let session: PostgresSession;

  beforeAll(async () => {
    const fresh = await openFresh(engine);
    url = fresh.url;
    session = await openSession(fresh.database);
    return () => session.close();
  });

  const one = async (expression: string): Promise<string | null | undefined> =>
    (await session.query(raw(`SELECT (SELECT ${expression}) AS it`)))[0]?.['it'];

  it('quotes names and texts', async () => {
    const odd = `a'b"c\\d;\n$$ü`;
    await session.execute(`CREATE TABLE ${postgresDialect.quote(odd)} (${postgresDialect.quote(odd)} text)`);
    expect(await one(`relname FROM pg_class WHERE relname = ${postgresDialect.literal(odd)}`)).toBe(odd);
    expect(await one(postgresDialect.literal(`'\\'; SELECT 1`))).toBe(`'\\'; SELECT 1`);
  });

  it('tells the time in a form that compares as text', async () => {
    const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
    await session.execute(`SET TimeZone = 'Asia/Kathmandu'`);
    const now = await one(clock);
    expect(now).toMatch(form);
    expect(Math.abs(Date.parse(now ?? '') - Date.now())).toBeLessThan(60_000);
    await session.execute('BEGIN');
    const [first, second] = [await one(clock), await one(clock)];
    await session.execute('ROLLBACK');
    expect((first ?? '') < (second ?? '')).toBe(true);
    const later = await one(postgresDialect.clockPlus(90.5));
    expect(later).toMatch(form);
    expect(Date.parse(later ?? '') - Date.parse(second ?? '')).toBeGreaterThanOrEqual(90_500);
    expect((await one(postgresDialect.clockPlus(-3600))) ?? '').toMatch(form);
    await session.execute(`SET TimeZone = 'UTC'`);
  });

  it('makes UUIDs', async () => {
    const [first, second] = [await one(randomUuid), await one(randomUuid)];
    expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(first).not.toBe(second);
  });

  it("makes Flyway's table as Flyway does, and may run again", async () => {
    await session.execute('CREATE SCHEMA flyway');
    for (const statement of flywayStatements) await session.execute(statement);
    await session.execute('CREATE SCHEMA home');
    for (const statement of [...ownTables('home'), ...ownTables('home')]) await session.execute(statement);
    const columns = (
      schema: string,
    ): string => `jsonb_agg(jsonb_build_array(column_name, data_type, character_maximum_length,
      is_nullable, column_default) ORDER BY ordinal_position) FROM information_schema.columns
      WHERE table_schema = '${schema}' AND table_name = 'flyway_schema_history'`;
    expect(await one(columns('home'))).toBe(await one(columns('flyway')));
    const indexes = (schema: string): string => `string_agg(replace(indexdef, '${schema}.', ''), ';' ORDER BY indexname)
      FROM pg_indexes WHERE schemaname = '${schema}' AND tablename = 'flyway_schema_history'`;
    expect(await one(indexes('home'))).toBe(await one(indexes('flyway')));
    expect(
      await one(
        `string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'home'::regnamespace`,
      ),
    ).toBe('flyway_schema_history lockstep_lease lockstep_state lockstep_step');
    await session.execute(
      `INSERT INTO home.flyway_schema_history VALUES (1, '1', 'd', 'SQL', 's', NULL, 'u', DEFAULT, 5, true)`,
    );
  });

  it('has settings that psql takes, and that undo those of the database', async () => {
    const name = new URL(url).pathname.slice(1);
    await session.execute(`ALTER DATABASE ${name} SET statement_timeout = '5s'`);
    await session.execute(`ALTER DATABASE ${name} SET row_security = on`);
    const { program, args } = clientOf({ engine, url });
    const show = `SELECT current_setting('statement_timeout'), current_setting('search_path'), current_setting('row_security')`;
    const outcome = await runProgram(program, args, {
      input: [...fileSettings, show].map((line) => `${line};\n`).join(''),
    });
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout.trimEnd().split('\n').at(-1)).toBe('0\t\toff');
    for (const statement of fileSettings) await session.execute(statement);
    expect(await one(`current_setting('check_function_bodies')`)).toBe('off');
    expect(await runSql({ engine, url }, `SELECT current_setting('statement_timeout')`)).toContain('5s');
  });
});

/** What Flyway runs, in the schema "flyway". */
const flywayStatements = [
  `CREATE TABLE "flyway"."flyway_schema_history" (
    "installed_rank" INT NOT NULL, "version" VARCHAR(50), "description" VARCHAR(200) NOT NULL,
    "type" VARCHAR(20) NOT NULL, "script" VARCHAR(1000) NOT NULL, "checksum" INTEGER,
    "installed_by" VARCHAR(100) NOT NULL, "installed_on" TIMESTAMP NOT NULL DEFAULT now(),
    "execution_time" INTEGER NOT NULL, "success" BOOLEAN NOT NULL)`,
  `ALTER TABLE "flyway"."flyway_schema_history" ADD CONSTRAINT "flyway_schema_history_pk" PRIMARY KEY ("installed_rank")`,
  `CREATE INDEX "flyway_schema_history_s_idx" ON "flyway"."flyway_schema_history" ("success")`,
];
