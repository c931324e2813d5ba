import { expect, it } from 'vitest';
import { dryRun, info, migrate, sql } from '@lockstep/core';
import type { Database } from '@lockstep/core';
import { describeEachEngine } from '../../../../tests/fixtures/engines.ts';
import { testProduct } from '../../../../tests/fixtures/product.ts';
import { opener } from '../../../../tests/fixtures/shop.ts';

const ids = Array.from({ length: 25 }, (_, index) => index + 1);
const first = {
  'V1.0.0.1__shop.sql': `CREATE TABLE shop (id int PRIMARY KEY, name varchar(100) NOT NULL);
INSERT INTO shop VALUES ${ids.map((id) => `(${id}, 'shop ${id}')`).join(', ')};`,
};

/** Puts a mark behind each name; `check` is what is looked for afterwards. */
function mark(column = 'name', check = 'false'): string {
  return `import { defineDataMigration } from '@lockstep/core/migration';
export default defineDataMigration({
  table: 'shop', key: 'id', select: ['name'],
  async batch(rows, { update }) {
    await update('shop', 'id', ['${column}'], rows.map((row) => ({ id: row.id, ${column}: row.name + '!' })));
  },
  async verify({ session, sql }) {
    const wrong = await session.query(sql\`SELECT id FROM shop WHERE ${check}\`);
    if (wrong.length > 0) throw new Error('wrong: ' + wrong.length);
  },
});`;
}

/** A migration that says for itself what a batch is. */
function plain(statement: string): string {
  return `import { defineDataMigration } from '@lockstep/core/migration';
export default defineDataMigration({
  async batch({ session, raw }, cursor) {
    await session.run(raw("${statement}"));
    return cursor === null ? 'once' : null;
  },
});`;
}

describeEachEngine('a dry run', (engine) => {
  const open = opener(engine);
  const start = async (files: Readonly<Record<string, string>>) => {
    const database = await open();
    const source = await testProduct(first);
    await migrate(database, await source.load('1.0.0'));
    for (const [file, text] of Object.entries(files)) await source.write(file, text);
    const product = await source.load('1.0.0');
    const before = await everything(database);
    return {
      database,
      source,
      product,
      expectUntouched: async (pending = Object.keys(files).length) => {
        expect(await everything(database)).toEqual(before);
        const found = await info(database, await source.load('1.0.0'));
        expect(found).toMatchObject({ phase: 'ready', release: { database: '0.0.0+1' } });
        expect(found.pending).toHaveLength(pending);
      },
    };
  };
  const everything = async (database: Database): Promise<unknown> => {
    const session = await database.session({ schemas: ['public'] });
    try {
      const rows = await session.query(sql`SELECT * FROM shop ORDER BY id`);
      const steps = await session.query(sql`SELECT * FROM lockstep_step`);
      return { rows, steps, shape: (await session.describe(['public'])).objects };
    } finally {
      await session.close();
    }
  };

  it('works on a sample, and keeps nothing', async () => {
    const { database, product, expectUntouched } = await start({ 'V1.0.0.2__mark.ts': mark() });
    const sample = await dryRun(database, product, { sample: 15 });
    expect(sample).toMatchObject({
      tried: [{ version: '1.0.0.2', data: { batches: 2, rowsRead: 15, rowsChanged: 15, complete: false } }],
      untried: [],
    });
    expect(sample.tried[0]?.data?.rowsExpected).toBeGreaterThan(0);
    const whole = await dryRun(database, product);
    expect(whole.tried[0]?.data).toMatchObject({ rowsRead: 25, rowsChanged: 25, rowsExpected: 25, complete: true });
    await expectUntouched();
  });

  it('runs the check of what came to its end, and fails with it', async () => {
    const { database, product, expectUntouched } = await start({
      'V1.0.0.2__mark.ts': mark('name', "name = 'shop 7!'"),
    });
    const failure = await dryRun(database, product).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'MIGRATION_FAILED', details: { version: '1.0.0.2', reason: 'wrong: 1' } });
    expect(await dryRun(database, product, { sample: 20 })).toMatchObject({ tried: [{ data: { complete: false } }] });
    await expectUntouched();
  });

  it('runs what comes before and behind, where all of it can be rolled back', async () => {
    const { database, product, expectUntouched } = await start({
      'V1.0.0.2__owner.sql': 'ALTER TABLE shop ADD COLUMN owner varchar(100);',
      'V1.0.0.3__mark.ts': mark('owner', 'owner IS NULL'),
      'V1.0.0.4__needed.sql': `INSERT INTO shop (id, name) VALUES (100, 'last');`,
    });
    const attempt = dryRun(database, product);
    if (database.dialect.transactionalDdl) {
      const versions = (await attempt).tried.map(({ version }) => version);
      expect(versions).toEqual(['1.0.0.2', '1.0.0.3', '1.0.0.4']);
      const sampled = await dryRun(database, product, { sample: 10 });
      expect(sampled.untried).toMatchObject([{ version: '1.0.0.4', reason: expect.stringContaining('1.0.0.3') }]);
    } else {
      await expect(attempt).rejects.toMatchObject({
        code: 'DRY_RUN_REFUSED',
        details: { version: '1.0.0.3', reason: expect.stringContaining('V1.0.0.2__owner.sql') },
      });
    }
    await expectUntouched();
  });

  it('says what it has not tried, and why', async () => {
    const last = engine.family === 'postgres' ? 'VACUUM shop;' : 'ALTER TABLE shop ADD COLUMN owner int;';
    const { database, product, expectUntouched } = await start({
      'V1.0.0.2__mark.ts': mark(),
      'V1.0.0.3__last.sql': last,
    });
    const result = await dryRun(database, product);
    expect(result.tried.map(({ version }) => version)).toEqual(['1.0.0.2']);
    const reason = 'line 1 of V1.0.0.3__last.sql cannot be rolled back';
    expect(result.untried).toEqual([{ version: '1.0.0.3', description: 'last', reason }]);
    await expectUntouched();
  });

  it('lets nothing through that would be kept', async () => {
    const { database, source, expectUntouched } = await start({
      'V1.0.0.2__x.ts': plain("UPDATE shop SET name = 'lost'"),
    });
    const trial = await dryRun(database, await source.load('1.0.0'));
    expect(trial.tried[0]?.data).toMatchObject({ batches: 1, rowsRead: null, rowsChanged: 50, complete: true });
    const lasting = engine.family === 'postgres' ? 'VACUUM shop' : 'ALTER TABLE shop ADD COLUMN more int';
    for (const statement of [lasting, 'COMMIT']) {
      await source.write('V1.0.0.2__x.ts', plain(statement));
      const failure = await dryRun(database, await source.load('1.0.0')).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: expect.stringMatching(/^(DRY_RUN_REFUSED|MIGRATION_UNREADABLE)$/) });
    }
    await expectUntouched();
  });
});
